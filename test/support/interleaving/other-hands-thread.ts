import { once } from 'node:events';
import { MessageChannel, Worker, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { ExecutionContext } from 'ava';
import { bundledModule } from '../program.js';
import type { OtherHandsAnswer, OtherHandsRequest } from './other-hands-worker.js';

const WORKER = 'test/support/interleaving/other-hands-worker.ts';
const TIMEOUT_MS = 60_000;

/** A thread that stands for another process, and works while this one stands still: even in the middle of a call. */
export class OtherHands {
  readonly #port: MessagePort;
  readonly #done: Int32Array;

  private constructor(port: MessagePort, done: Int32Array) {
    this.#port = port;
    this.#done = done;
  }

  /** Starts it; it ends with the test. */
  static async start(t: ExecutionContext): Promise<OtherHands> {
    const { port1, port2 } = new MessageChannel();
    const done = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(await bundledModule(WORKER), {
      workerData: { port: port2, done },
      transferList: [port2],
    });
    t.teardown(() => worker.terminate());
    await once(worker, 'message');
    return new OtherHands(port1, done);
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
