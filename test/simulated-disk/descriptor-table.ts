import type { FileDescriptor } from '../../src/engine/storage-io/interface/file-system.js';
import { systemError } from '../../src/engine/storage-io/interface/system-error.js';
import type { NodeId } from './disk/effect.js';

const FIRST_DESCRIPTOR = 3;

/** A file as one `open` sees it; what a lock belongs to. */
export interface OpenFile {
  readonly id: NodeId;
  readonly path: string;
  readonly writable: boolean;
  readonly pid: number;
}

/** The open files of one session. */
export class DescriptorTable {
  readonly #files: (OpenFile | undefined)[] = [];

  /** Gives out the lowest free number, as POSIX does, so that the use of a closed one is found. */
  add(file: OpenFile): FileDescriptor {
    const free = this.#files.indexOf(undefined);
    const index = free < 0 ? this.#files.length : free;
    this.#files[index] = file;
    return index + FIRST_DESCRIPTOR;
  }

  remove(descriptor: FileDescriptor): void {
    this.#files[descriptor - FIRST_DESCRIPTOR] = undefined;
  }

  /** @throws StatelogError EBADF for a descriptor that is not open */
  mustGet(operation: string, descriptor: FileDescriptor): OpenFile {
    const file = this.#files[descriptor - FIRST_DESCRIPTOR];
    if (file === undefined) throw systemError(operation, undefined, 'EBADF');
    return file;
  }

  /** @throws StatelogError as the kernel refuses: EINVAL for cutting, EBADF for the rest */
  mustGetWritable(operation: string, descriptor: FileDescriptor): OpenFile {
    const file = this.mustGet(operation, descriptor);
    const errno = operation === 'ftruncate' ? 'EINVAL' : 'EBADF';
    if (!file.writable) throw systemError(operation, file.path, errno);
    return file;
  }

  /** For logs and messages. */
  pathOf(descriptor: FileDescriptor): string {
    return this.#files[descriptor - FIRST_DESCRIPTOR]?.path ?? `descriptor ${descriptor}`;
  }

  all(): OpenFile[] {
    return this.#files.filter((file) => file !== undefined);
  }

  clear(): void {
    this.#files.length = 0;
  }
}
