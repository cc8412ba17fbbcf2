import { assert } from '../../assert.js';
import type { FileDescriptor } from '../../storage-io/interface/file-system.js';
import type { IoCompletion, StorageIo } from '../../storage-io/submission/storage-io.js';
import { RecordBuffer } from './record-buffer.js';

/** A sync under way: what it will have made durable. */
interface PendingSync {
  readonly token: number;
  /** The position when it was submitted. */
  readonly boundary: number;
  /** Entries appended when it was submitted. */
  readonly entries: number;
}

/** The result of `Submissions.complete`. */
export interface Completed {
  /** A sync that ended well. */
  readonly sync: PendingSync | undefined;
  /** The first failure: the error, or undefined where none came with it. */
  readonly failure: { readonly error: unknown; readonly result: number } | undefined;
}

/**
 * Appends and syncs that a writer has submitted and whose end it has not seen.
 *
 * Invariants:
 * - a buffer that was submitted is not touched until its completion was seen;
 * - at most one sync is under way.
 */
export class Submissions {
  readonly storageIo: StorageIo;
  pendingSync: PendingSync | undefined;
  readonly #descriptor: FileDescriptor;
  readonly #bufferBytes: number;
  /** Submitted appends by token; the buffer to use again, if it is one of ours. */
  readonly #appends = new Map<number, RecordBuffer | undefined>();
  readonly #free: RecordBuffer[] = [];

  constructor(storageIo: StorageIo, descriptor: FileDescriptor, position: number, bufferBytes: number) {
    this.storageIo = storageIo;
    this.#descriptor = descriptor;
    this.#bufferBytes = bufferBytes;
    storageIo.registerAppendPosition(descriptor, position);
  }

  /** How many submissions have not been seen to end. */
  get inFlight(): number {
    return this.#appends.size + (this.pendingSync === undefined ? 0 : 1);
  }

  /** Says that the file was cut. Nothing may be under way. */
  moveTo(position: number): void {
    assert(this.inFlight === 0, 'a segment is cut while something is written to it');
    this.storageIo.registerAppendPosition(this.#descriptor, position);
  }

  /** Submits a sealed buffer. @returns an empty one to go on with */
  submitBuffer(buffer: RecordBuffer): RecordBuffer {
    this.#appends.set(this.storageIo.submitAppend(this.#descriptor, buffer.seal()), buffer);
    const next = this.#free.pop() ?? new RecordBuffer(this.#bufferBytes, buffer.bytes.length);
    next.clear();
    return next;
  }

  /** Submits a record of its own. */
  submitRecord(record: Uint8Array): void {
    this.#appends.set(this.storageIo.submitAppend(this.#descriptor, record), undefined);
  }

  submitSync(boundary: number, entries: number): number {
    const token = this.storageIo.submitDatasync(this.#descriptor);
    this.pendingSync = { token, boundary, entries };
    return token;
  }

  /** Takes note of what ended; completions of others are passed over. */
  complete(completions: readonly IoCompletion[]): Completed {
    let sync: PendingSync | undefined;
    let failure: Completed['failure'];
    for (const { token, result, error } of completions) {
      if (this.pendingSync?.token === token) {
        sync = this.pendingSync;
        this.pendingSync = undefined;
      } else if (this.#appends.has(token)) {
        const buffer = this.#appends.get(token);
        this.#appends.delete(token);
        if (buffer !== undefined) this.#free.push(buffer);
      } else {
        continue;
      }
      if (result < 0) failure ??= { error, result };
    }
    return { sync: failure === undefined ? sync : undefined, failure };
  }
}
