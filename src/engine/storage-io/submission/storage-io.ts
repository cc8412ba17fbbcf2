import type { FileDescriptor } from '../interface/file-system.js';

/**
 * Appends and syncs by submission and completion, so that a writer can go on encoding while the
 * disk works. Operations on one descriptor are done in the order of their submission: appends
 * follow one another without a hole, and a datasync waits for what was submitted before it and
 * covers nothing else.
 *
 * Once an operation of a descriptor failed, all later ones of it complete with the same result
 * without touching the file, until it is registered again: an append after a lost one would
 * leave a hole, and a sync after a failed one reports success for data that is gone.
 */
export interface StorageIo {
  /**
   * Says where the next append of a descriptor goes. Needed once before its first, and again
   * whenever the file is cut or its number belongs to another file.
   */
  registerAppendPosition(descriptor: FileDescriptor, position: number): void;
  /**
   * Appends all the bytes. They must not change before the completion is polled.
   * @returns the token of the completion
   */
  submitAppend(descriptor: FileDescriptor, bytes: Uint8Array): number;
  /** @returns the token of the completion */
  submitDatasync(descriptor: FileDescriptor): number;
  /** Returns the operations that ended since the last call, in the order in which they ended. */
  pollCompletions(): IoCompletion[];
  /** Resolves when there is something to poll, and at once where nothing is under way. */
  waitForCompletions(): Promise<void>;
  /** How many submitted operations have not been polled. */
  readonly inFlight: number;
}

/** The end of one submitted operation. */
export interface IoCompletion {
  readonly token: number;
  /** Bytes appended, 0 for a datasync; below zero the operating system's error number, negated. */
  readonly result: number;
  /** The error, if `result` is below zero. */
  readonly error: unknown;
}
