import { closeSync, constants, createReadStream, fstatSync, open, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { ReadStream as TerminalStream, isatty } from 'node:tty';
import { promisify } from 'node:util';
import { asSystemError, errnoOf } from '../interface/system-error.js';

/** How much is read at a time. */
const READ_BYTES = 256 * 1024;
/** How long to leave a descriptor alone that would not take anything just now. */
const RETRY_AFTER_MS = 5;

/**
 * Reads anything that gives bytes, chunk by chunk: a file, a FIFO, a device, `/dev/stdin`, a
 * shell's process substitution. For input, not for stores, which go through `FileSystem`.
 *
 * Whoever writes into a FIFO may wait, and a thread that waits for it cannot be stopped: the
 * process would not end. So what can make its reader wait is read without a thread, once it is open.
 * @throws StatelogError `NOT_FOUND`, `PERMISSION_DENIED`, `NOT_A_FILE`, `IO_FAILED`
 */
export async function* readByteStream(path: string): AsyncGenerator<Uint8Array, void> {
  try {
    yield* await openByteStream(path);
  } catch (error) {
    throw asSystemError('read', path, error);
  }
}

async function openByteStream(path: string): Promise<AsyncIterable<Uint8Array>> {
  const descriptor = await promisify(open)(path, constants.O_RDONLY | constants.O_NOCTTY);
  if (isatty(descriptor)) return new TerminalStream(descriptor);
  if (fstatSync(descriptor).isFIFO()) return new Socket({ fd: descriptor, writable: false });
  return createReadStream(path, { fd: descriptor, highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
}

/** How long a FIFO may be without a reader before it is given up, and how often it is tried meanwhile. */
const READER_WAIT_MS = 2_000;
const READER_RETRY_MS = 20;

/**
 * Writes bytes to a device or a FIFO, which stays what it is.
 * @throws StatelogError as `SpecialFile`
 */
export async function writeToSpecialFile(path: string, bytes: Uint8Array): Promise<void> {
  const file = await SpecialFile.open(path);
  try {
    await file.write(bytes);
  } finally {
    file.close();
  }
}

/** A device or a FIFO that is written to, and stays what it is. */
export class SpecialFile {
  readonly #path: string;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  /**
   * Opens it. Without a reader a FIFO is tried for two seconds: to wait in the kernel could not be interrupted.
   * @throws StatelogError `IO_FAILED`, `PERMISSION_DENIED`
   */
  static async open(path: string): Promise<SpecialFile> {
    return new SpecialFile(path, await openSpecialFile(path));
  }

  /** @throws StatelogError `IO_FAILED` */
  async write(bytes: Uint8Array): Promise<void> {
    await writeToDescriptor(this.#descriptor, bytes, `writing ${this.#path}`);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

async function openSpecialFile(path: string): Promise<number> {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  for (let waited = 0; ; waited += READER_RETRY_MS) {
    try {
      return openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    } catch (error) {
      if (errnoOf(error) !== 'ENXIO' || waited >= READER_WAIT_MS) throw asSystemError('open', path, error);
    }
    await wait(READER_RETRY_MS);
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
