import { constants } from 'node:os';
import { isStatelogError } from '../../errors.js';
import type { FileDescriptor } from '../interface/file-system.js';

/** The position of a descriptor's next append, and whether an earlier operation on it failed. */
export interface AppendPosition {
  next: number;
  /** Undefined while all went well. */
  failure: { readonly result: number; readonly error: unknown } | undefined;
}

/** The append positions of all registered descriptors. */
export class AppendPositions {
  readonly #positions = new Map<FileDescriptor, AppendPosition>();

  register(descriptor: FileDescriptor, position: number): void {
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new RangeError(`an append position must be a whole number from 0, not ${position}`);
    }
    this.#positions.set(descriptor, { next: position, failure: undefined });
  }

  /** @throws RangeError for a descriptor that was never registered */
  mustGet(descriptor: FileDescriptor): AppendPosition {
    const position = this.#positions.get(descriptor);
    if (position === undefined)
      throw new RangeError(`descriptor ${descriptor} is not registered for appends`);
    return position;
  }
}

/** The negated error number of what a file system threw; -EIO where it has none. */
export function resultOfError(error: unknown): number {
  const errno = isStatelogError(error) ? error.details.errno : undefined;
  const numbers: Readonly<Record<string, number>> = constants.errno;
  return -((errno === undefined ? undefined : numbers[errno]) ?? constants.errno.EIO);
}
