import { asStatelogError, errorJson } from '../errors/error-rendering.js';
import { withSystemHint } from '../errors/system-hint.js';
import type { StoreLease } from '../command/store-lease.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import type { Encoding } from '../values/encoding.js';
import type { Told, WriteAnswer } from './answer-line.js';
import type { Executed } from './executed.js';

/** The most answers that wait for one sync. */
const ANSWERS_MAX = 4_096;

interface Waiting {
  readonly id: unknown;
  readonly told?: Told;
  readonly error?: unknown;
}

/**
 * The answers of a session, in order, on their way out.
 *
 * Invariants:
 * - an answer goes out only once all that was changed up to its request is on disk;
 * - where that fails, every answer from the first change on is the error.
 */
export class Answers {
  readonly #store: StoreLease;
  readonly #output: ByteOutput;
  readonly #write: WriteAnswer;
  readonly #encoding: Encoding;
  #waiting: Waiting[] = [];
  /** From this one on nothing may be told before a sync; -1: all may. */
  #firstChanged = -1;
  #lastTogether = 0;

  /**
   * @param write writes an answer that is no error
   * @param encoding how it has values
   */
  constructor(store: StoreLease, output: ByteOutput, write: WriteAnswer, encoding: Encoding) {
    this.#store = store;
    this.#output = output;
    this.#write = write;
    this.#encoding = encoding;
  }

  get isDue(): boolean {
    return this.#waiting.length >= ANSWERS_MAX;
  }

  /** How many were made durable together the last time; 0: none yet. */
  get lastTogether(): number {
    return this.#lastTogether;
  }

  /** True where one of them waits for a sync. */
  get hasChanged(): boolean {
    return this.#firstChanged >= 0;
  }

  /** @param id as the request has it; undefined where it has none */
  add(id: unknown, told: Executed): void {
    if (told.hasChanged && this.#firstChanged < 0) this.#firstChanged = this.#waiting.length;
    this.#waiting.push({ id, told });
  }

  refuse(id: unknown, error: unknown): void {
    this.#waiting.push({ id, error });
  }

  /** Syncs what was changed, once, and sends all answers. */
  async send(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    const first = this.#firstChanged;
    this.#waiting = [];
    this.#firstChanged = -1;
    let failure: unknown;
    if (first >= 0) {
      failure = await this.#sync();
      this.#lastTogether = waiting.length;
    }
    const output = this.#output;
    for (let index = 0; index < waiting.length; index++) {
      const { id, told, error } = waiting[index]!;
      const problem = error ?? (index >= first && first >= 0 ? failure : undefined);
      if (problem === undefined) this.#write(output, id, told!, this.#encoding);
      else output.writeText(errorLineOf(id, problem));
      if (output.isFull && !output.isClosed) await output.flush();
    }
    if (!output.isClosed) await output.flush();
  }

  /** @returns why it failed */
  async #sync(): Promise<unknown> {
    try {
      await this.#store.sync();
      return undefined;
    } catch (error) {
      this.#store.letGo();
      return error;
    }
  }
}

function errorLineOf(id: unknown, thrown: unknown): string {
  const error = errorJson(withSystemHint(asStatelogError(thrown)));
  return id === undefined ? `${error}\n` : `{"id":${JSON.stringify(id)},${error.slice(1)}\n`;
}
