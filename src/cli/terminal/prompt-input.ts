import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { asSystemError } from '../../engine/storage-io/interface/system-error.js';

/** As much as a pipe holds. */
const BUFFER_BYTES = 64 * 1024;

/**
 * A pipe or a socket, read into one buffer, a chunk for each time that somebody asks. Node's own stream makes a buffer for each
 * read, and its iterator goes through several turns of the queue of promises: who waits for one line at a time feels it.
 *
 * Invariant: nothing is read between `next` having been answered and the one that follows it, so the buffer stays as it is.
 */
export class PromptInput implements AsyncIterableIterator<Uint8Array> {
  readonly #socket: Socket;
  #waiting: Waiting | undefined;
  /** Came before anybody asked. */
  #early: Uint8Array | undefined;
  /** How it ended; undefined while it goes on. */
  #end: { readonly error?: Error } | undefined;

  /** @param descriptor of a pipe or a socket; it stays open */
  constructor(descriptor: number) {
    const onread: OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES),
      callback: (length, buffer) => {
        this.#take(buffer.subarray(0, length));
        // Reads no more before it is asked.
        return false;
      },
    };
    // Node's types know of it only where a socket connects.
    const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = {
      fd: descriptor,
      readable: true,
      writable: false,
      onread,
    };
    this.#socket = new Socket(options);
    this.#socket.on('end', () => {
      this.#finish({});
    });
    this.#socket.on('error', (thrown) => {
      const error = asSystemError('reading standard input', undefined, thrown);
      this.#finish({ error: error instanceof Error ? error : new Error(String(error)) });
    });
  }

  /** The next chunk, which is valid until the next one is asked for. */
  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return new Promise((resolve, reject) => {
      const early = this.#early;
      if (early !== undefined) {
        this.#early = undefined;
        resolve({ done: false, value: early });
        return;
      }
      this.#waiting = { resolve, reject };
      if (this.#end === undefined) this.#socket.resume();
      else this.#settle();
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(chunk: Uint8Array): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#early = chunk;
    else waiting.resolve({ done: false, value: chunk });
  }

  #finish(end: { readonly error?: Error }): void {
    this.#end ??= end;
    this.#settle();
  }

  #settle(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const error = this.#end?.error;
    if (error === undefined) waiting?.resolve({ done: true, value: undefined });
    else waiting?.reject(error);
  }
}

interface Waiting {
  readonly resolve: (result: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}
