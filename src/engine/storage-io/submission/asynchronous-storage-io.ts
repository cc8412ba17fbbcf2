import { assert } from '../../assert.js';
import { checkBytes } from '../../bytes/byte-argument.js';
import { isStatelogError } from '../../errors.js';
import type { AppendPosition, AppendPositions } from './append-positions.js';
import { resultOfError } from './append-positions.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import type { IoCompletion, StorageIo } from './storage-io.js';

interface Submission {
  readonly token: number;
  readonly position: AppendPosition;
  /** Undefined for a datasync. */
  readonly bytes: Uint8Array | undefined;
}

/**
 * `StorageIo` over the file system's background operations.
 *
 * Invariants:
 * - Of each descriptor at most one operation is under way; the rest wait in its queue in the
 *   order of submission. Descriptors do not wait for each other.
 * - Every submission ends in exactly one completion, also after a failure before it.
 * - What is not a `StatelogError` (a defect, or a simulated crash) is thrown from the next call.
 */
export class AsynchronousStorageIo implements StorageIo {
  readonly #fileSystem: FileSystem;
  readonly #positions: AppendPositions;
  /** The head of each queue is the operation under way. */
  readonly #queues = new Map<FileDescriptor, Submission[]>();
  #nextToken = 1;
  #inFlight = 0;
  #completions: IoCompletion[] = [];
  #waiting: (() => void)[] = [];
  #defect: { readonly error: unknown } | undefined;

  constructor(fileSystem: FileSystem, positions: AppendPositions) {
    this.#fileSystem = fileSystem;
    this.#positions = positions;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  registerAppendPosition(descriptor: FileDescriptor, position: number): void {
    if (this.#queues.has(descriptor)) {
      throw new RangeError(`descriptor ${descriptor} has operations under way: poll them first`);
    }
    this.#positions.register(descriptor, position);
  }

  submitAppend(descriptor: FileDescriptor, bytes: Uint8Array): number {
    checkBytes(bytes, 'bytes');
    return this.#submit(descriptor, bytes);
  }

  submitDatasync(descriptor: FileDescriptor): number {
    return this.#submit(descriptor, undefined);
  }

  pollCompletions(): IoCompletion[] {
    this.#rethrowDefect();
    const completions = this.#completions;
    this.#completions = [];
    this.#inFlight -= completions.length;
    return completions;
  }

  async waitForCompletions(): Promise<void> {
    if (this.#completions.length === 0 && this.#inFlight > 0 && this.#defect === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#rethrowDefect();
  }

  #submit(descriptor: FileDescriptor, bytes: Uint8Array | undefined): number {
    this.#rethrowDefect();
    const position = this.#positions.mustGet(descriptor);
    const token = this.#nextToken;
    this.#nextToken += 1;
    this.#inFlight += 1;
    const submission = { token, position, bytes };
    const queue = this.#queues.get(descriptor);
    if (queue === undefined) {
      this.#queues.set(descriptor, [submission]);
      this.#start(descriptor, submission);
    } else {
      queue.push(submission);
    }
    return token;
  }

  #start(descriptor: FileDescriptor, submission: Submission): void {
    const { position, bytes } = submission;
    if (position.failure !== undefined) {
      this.#finish(descriptor, submission);
      return;
    }
    const done = (error: unknown): void => {
      if (error === undefined) position.next += bytes?.length ?? 0;
      else if (isStatelogError(error)) position.failure = { result: resultOfError(error), error };
      else this.#defect ??= { error };
      this.#finish(descriptor, submission);
    };
    if (bytes === undefined) this.#fileSystem.dataSyncInBackground(descriptor, done);
    else this.#fileSystem.writeInBackground(descriptor, bytes, position.next, done);
  }

  #finish(descriptor: FileDescriptor, submission: Submission): void {
    const { token, position, bytes } = submission;
    this.#completions.push({
      token,
      ...(position.failure ?? { result: bytes?.length ?? 0, error: undefined }),
    });
    for (const resolve of this.#waiting.splice(0)) resolve();
    const queue = this.#queues.get(descriptor) ?? [];
    const ended = queue.shift();
    assert(ended === submission, 'operations on a descriptor end in the order of their submission');
    const next = queue[0];
    if (next === undefined) this.#queues.delete(descriptor);
    else this.#start(descriptor, next);
  }

  #rethrowDefect(): void {
    if (this.#defect !== undefined) throw this.#defect.error;
  }
}
