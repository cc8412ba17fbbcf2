import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { asStatelogError, exitCodeOf } from '../../../src/cli/errors/error-rendering.js';
import { openWritable } from '../../../src/engine/inspect/open.js';
import type { WritableStore } from '../../../src/engine/store/store.js';
import { commandLine } from '../command-line.js';

/* Another process, as far as files and locks can tell: a thread that runs command lines while the other one stands still. */

/** What is asked of it. */
export type OtherHandsRequest =
  { readonly argv: readonly string[] } | { readonly hold: string } | { readonly release: true };

/** What it did. */
export interface OtherHandsAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The data that it starts with. */
export interface OtherHandsData {
  readonly port: MessagePort;
  /** 1 once an answer lies at the port. */
  readonly done: Int32Array;
}

const DONE: OtherHandsAnswer = { exitCode: 0, stdout: '', stderr: '' };

const { port, done } = workerData as OtherHandsData;
let held: WritableStore | undefined;

async function answer(request: OtherHandsRequest): Promise<OtherHandsAnswer> {
  if ('argv' in request) {
    const { exitCode, stdout, stderr } = await commandLine(request.argv);
    return { exitCode, stdout, stderr };
  }
  if ('hold' in request) held = await openWritable(request.hold);
  else release();
  return DONE;
}

function release(): void {
  held?.close();
  held = undefined;
}

port.on('message', (request: OtherHandsRequest) => {
  void answer(request)
    .catch((error: unknown) => ({
      exitCode: exitCodeOf(asStatelogError(error)),
      stdout: '',
      stderr: String(error),
    }))
    .then((result) => {
      port.postMessage(result);
      Atomics.store(done, 0, 1);
      Atomics.notify(done, 0);
    });
});
parentPort?.postMessage('ready');
