import { createReadStream, writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { asSystemError, errnoOf } from './system-error.js';

/** How much is read at a time. */
const READ_BYTES = 256 * 1024;
/** How long to leave a descriptor alone that would not take anything just now. */
const RETRY_AFTER_MS = 5;

/**
 * Reads anything that gives bytes, chunk by chunk: a file, a FIFO, a device, `/dev/stdin`, a
 * shell's process substitution. For input, not for stores, which go through `FileSystem`.
 * @throws StatelogError `NOT_FOUND`, `PERMISSION_DENIED`, `NOT_A_FILE`, `IO_FAILED`
 */
export async function* readByteStream(path: string): AsyncGenerator<Uint8Array, void> {
  try {
    const stream = createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
    yield* stream;
  } catch (error) {
    throw asSystemError('read', path, error);
  }
}

/**
 * Writes all the bytes to a descriptor without a position of its own, such as standard output
 * sent into a file. Node's own stream for that ignores how much a write took, and so loses the
 * rest when the disk fills up in the middle of the last one.
 * @param what names the descriptor in the error
 * @throws StatelogError `DISK_FULL`, `IO_FAILED`
 */
export async function writeToDescriptor(descriptor: number, bytes: Uint8Array, what: string): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written, bytes.length - written, null);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EAGAIN') await wait(RETRY_AFTER_MS);
      else if (errno !== 'EINTR') throw asSystemError(what, undefined, error);
    }
  }
}
