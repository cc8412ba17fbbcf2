import { parseJsonLine } from '../../engine/bytes/text/json-line.js';
import { StatelogError } from '../../engine/errors.js';
import { withoutByteOrderMark } from '../batch/byte-order-mark.js';
import { LineSplitter } from '../batch/line-splitter.js';
import type { Encodings } from '../values/encoding.js';
import type { StoreLease } from '../command/store-lease.js';
import type { Terminal } from '../terminal/terminal.js';
import { writeAnswer, writeShortAnswer } from './answer-line.js';
import { Answers } from './answers.js';
import { compileSooner } from './compile-sooner.js';
import { execute, executeAtOnce } from './execute.js';
import { isMoreAtHand } from './more-at-hand.js';
import { type Operation, parseOperation, plainOperation } from './operation.js';

const BLANK = /^[ \t\r]*$/;

/** How a session goes on. */
export interface SessionOptions {
  readonly encodings: Encodings;
  /** Answers in as few bytes as tell them, where that can be. */
  readonly isShort?: boolean;
}

/**
 * Answers requests, one JSON object a line, until the input ends. What waits is done together, and made durable by one
 * sync; as soon as no more waits, all answers go out. An error is an answer.
 * @throws StatelogError `INVALID_LINE` for a line past all limits: where the next one starts cannot be told
 */
export async function runSession(
  store: StoreLease,
  terminal: Terminal,
  options: SessionOptions,
): Promise<void> {
  compileSooner();
  const write = options.isShort === true ? writeShortAnswer : writeAnswer;
  const session = new Session(
    store,
    new Answers(store, terminal.output, write, options.encodings.value),
    options,
  );
  const input = await (terminal.promptInput?.() ?? terminal.input());
  const chunks = input[Symbol.asyncIterator]();
  for (;;) {
    const chunk = chunks.next();
    const { hasChanged, lastTogether } = session.answers;
    // Only changes gain from others: one sync is for all that wait. Who asked for one alone sends no more before the answer.
    if (!hasChanged || lastTogether === 1 || !(await isMoreAtHand(chunk))) await session.answers.send();
    const result = await store.whileWaiting(chunk);
    if (result.done === true) break;
    await session.take(result.value);
  }
  await session.end();
}

class Session {
  readonly answers: Answers;
  readonly #store: StoreLease;
  readonly #options: SessionOptions;
  readonly #lines = new LineSplitter();
  /** The id of the request that is being done. */
  #id: unknown;

  constructor(store: StoreLease, answers: Answers, options: SessionOptions) {
    this.#store = store;
    this.answers = answers;
    this.#options = options;
  }

  async take(chunk: Uint8Array): Promise<void> {
    this.#lines.push(chunk);
    await this.#takeAll(() => this.#lines.next());
  }

  async end(): Promise<void> {
    await this.#takeAll(() => this.#lines.end());
    await this.answers.send();
  }

  async #takeAll(next: () => Uint8Array | undefined): Promise<void> {
    for (let line = next(); line !== undefined; line = next()) {
      this.#id = undefined;
      try {
        if (!this.#isDoneAtOnce(line)) await this.#take(line);
      } catch (error) {
        this.answers.refuse(this.#id, error);
        await this.#afterError(error);
      }
      if (this.answers.isDue) await this.answers.send();
    }
  }

  /** Does what a plain line asks of a store that is locked. A promise a line takes longer than most of them. */
  #isDoneAtOnce(line: Uint8Array): boolean {
    const { held } = this.#store;
    const operation = held === undefined ? undefined : plainOperation(line, this.#options.encodings);
    if (operation === undefined) return false;
    this.answers.add(undefined, executeAtOnce(held!, operation));
    return true;
  }

  async #take(line: Uint8Array): Promise<void> {
    const { encodings } = this.#options;
    const operation = plainOperation(line, encodings) ?? this.#parse(line);
    if (operation !== undefined) this.answers.add(this.#id, await execute(this.#store, operation, encodings));
  }

  /** Undefined for a blank line. */
  #parse(line: Uint8Array): Operation | undefined {
    const number = this.#lines.lines;
    const fields = parseJsonLine(number === 1 ? withoutByteOrderMark(line) : line);
    if (fields !== undefined) {
      this.#id = fields['id'];
      return parseOperation(fields, this.#options.encodings);
    }
    if (line.length < 64 && BLANK.test(Buffer.from(line).toString('latin1'))) return undefined;
    throw notJson(number);
  }

  /** Answers whatever was changed before a failure, before the store that failed is let go. */
  async #afterError(error: unknown): Promise<void> {
    if (!this.#store.isEndedBy(error)) return;
    await this.answers.send();
    this.#store.letGo();
  }
}

function notJson(line: number): StatelogError {
  return new StatelogError('INVALID_LINE', `line ${line} was refused: it is no JSON object`, {
    line,
    hint: 'a request is one object a line, such as {"id":1,"op":"get","key":"k"}',
    safe: 'nothing of it was done',
  });
}
