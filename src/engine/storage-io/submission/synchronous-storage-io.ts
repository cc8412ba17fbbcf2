import { checkBytes } from '../../bytes/byte-argument.js';
import { isStatelogError } from '../../errors.js';
import type { AppendPosition, AppendPositions } from './append-positions.js';
import { resultOfError } from './append-positions.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import type { IoCompletion, StorageIo } from './storage-io.js';
import { writeFully } from '../whole/write-fully.js';

/** `StorageIo` that does the work within the submitting call. */
export class SynchronousStorageIo implements StorageIo {
  readonly #fileSystem: FileSystem;
  readonly #positions: AppendPositions;
  #nextToken = 1;
  #completions: IoCompletion[] = [];

  constructor(fileSystem: FileSystem, positions: AppendPositions) {
    this.#fileSystem = fileSystem;
    this.#positions = positions;
  }

  get inFlight(): number {
    return this.#completions.length;
  }

  registerAppendPosition(descriptor: FileDescriptor, position: number): void {
    this.#positions.register(descriptor, position);
  }

  submitAppend(descriptor: FileDescriptor, bytes: Uint8Array): number {
    checkBytes(bytes, 'bytes');
    const position = this.#positions.mustGet(descriptor);
    return this.#complete(position, bytes.length, () => {
      writeFully(this.#fileSystem, descriptor, bytes, 0, bytes.length, position.next);
      position.next += bytes.length;
    });
  }

  submitDatasync(descriptor: FileDescriptor): number {
    return this.#complete(this.#positions.mustGet(descriptor), 0, () => {
      this.#fileSystem.dataSync(descriptor);
    });
  }

  pollCompletions(): IoCompletion[] {
    const completions = this.#completions;
    this.#completions = [];
    return completions;
  }

  waitForCompletions(): Promise<void> {
    return Promise.resolve();
  }

  #complete(position: AppendPosition, result: number, action: () => void): number {
    const token = this.#nextToken;
    this.#nextToken += 1;
    if (position.failure === undefined) {
      try {
        action();
      } catch (error) {
        if (!isStatelogError(error)) throw error;
        position.failure = { result: resultOfError(error), error };
      }
    }
    this.#completions.push({ token, ...(position.failure ?? { result, error: undefined }) });
    return token;
  }
}
