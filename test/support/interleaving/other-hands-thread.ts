import { once } from 'node:events';
import { MessageChannel, Worker, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { OtherHandsAnswer, OtherHandsRequest } from './other-hands-worker.js';

/** The module that the thread runs, to be bundled by whoever starts one. */
export const OTHER_HANDS_WORKER = 'test/support/interleaving/other-hands-worker.ts';
const TIMEOUT_MS = 60_000;

/** A thread that stands for another process, and works while this one stands still: even in the middle of a call. */
export class OtherHands {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #done: Int32Array;

  private constructor(worker: Worker, port: MessagePort, done: Int32Array) {
    this.#worker = worker;
    this.#port = port;
    this.#done = done;
  }

  /** Starts it; `end` is to be called. @param file the bundled worker */
  static async start(file: string): Promise<OtherHands> {
    const { port1, port2 } = new MessageChannel();
    const done = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(file, {
      workerData: { port: port2, done },
      transferList: [port2],
    });
    await once(worker, 'message');
    return new OtherHands(worker, port1, done);
  }

  async end(): Promise<void> {
    this.#port.close();
    await this.#worker.terminate();
  }

  /** Runs a command line to its end. */
  run(argv: readonly string[]): OtherHandsAnswer {
    return this.#ask({ argv });
  }

  /** Opens a store for writing, and keeps it. */
  hold(path: string): OtherHandsAnswer {
    return this.#ask({ hold: path });
  }

  /** Closes what it keeps. */
  release(): void {
    this.#ask({ release: true });
  }

  #ask(request: OtherHandsRequest): OtherHandsAnswer {
    Atomics.store(this.#done, 0, 0);
    this.#port.postMessage(request);
    if (Atomics.wait(this.#done, 0, 0, TIMEOUT_MS) === 'timed-out') throw new Error('the other hands hang');
    const answer = receiveMessageOnPort(this.#port) as { readonly message: OtherHandsAnswer } | undefined;
    if (answer === undefined) throw new Error('the other hands gave no answer');
    return answer.message;
  }
}
