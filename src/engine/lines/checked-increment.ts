import { compareBytes } from '../bytes/compare.js';
import { JsonLines, type JsonLine } from '../bytes/text/json-lines.js';
import { StatelogError, type ErrorDetails } from '../errors.js';
import {
  ChangesDigest,
  isIncrementStart,
  parseIncrementLine,
  type IncrementEnd,
  type IncrementHeader,
  type KeyChange,
} from './increment-lines.js';

/** An increment that was read to its end, and is what its last line says. */
export interface Increment {
  readonly header: IncrementHeader;
  readonly end: IncrementEnd;
}

const UNTOUCHED = 'the store is as it was';

/** Checks an increment as it comes, line by line: that it starts and ends as one, that keys ascend, and that it is what its end says. */
export class CheckedIncrement {
  readonly #origin: string;
  readonly #visit: (change: KeyChange) => void;
  readonly #lines = new JsonLines();
  #header: IncrementHeader | undefined;
  #digest: ChangesDigest | undefined;
  #end: IncrementEnd | undefined;
  #lastKey: Uint8Array | undefined;

  /**
   * @param origin the path or the stream's name, for messages
   * @param visit shown each change; its bytes are its own
   */
  constructor(origin: string, visit: (change: KeyChange) => void) {
    this.#origin = origin;
    this.#visit = visit;
  }

  /**
   * Takes the next bytes, valid during the call.
   * @throws StatelogError `NOT_REPRESENTABLE` for a whole export, `INVALID_ARTIFACT`, `DIGEST_MISMATCH`
   */
  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
    for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) this.#take(line);
  }

  /**
   * Ends the stream.
   * @throws StatelogError `UNFINISHED_STREAM` where its end has not come
   */
  finish(): Increment {
    if (this.#lines.isWithinLine && this.#end !== undefined) throw this.#invalid('bytes follow the end');
    if (this.#header !== undefined && this.#end !== undefined)
      return { header: this.#header, end: this.#end };
    throw new StatelogError('UNFINISHED_STREAM', 'the increment ended before its end', {
      path: this.#origin,
      class: 'missing-file',
      safe: UNTOUCHED,
      hint: 'run the transfer again',
    });
  }

  #take(line: JsonLine): void {
    const { number, start } = line;
    const fields = line.fields();
    const at = { line: number, offset: start };
    if (number === 1) {
      if (!isIncrementStart(fields)) throw notAnIncrement(this.#origin);
      return;
    }
    const parsed = parseIncrementLine(fields);
    if (typeof parsed === 'string') throw this.#invalid(`line ${number} was refused: ${parsed}`, at);
    if (this.#end !== undefined) throw this.#invalid(`line ${number} follows the end`, at);
    if ('positions' in parsed !== (number === 2))
      throw this.#invalid(`line ${number} is not where it belongs`, at);
    if ('positions' in parsed) {
      this.#header = parsed.positions;
      this.#digest = new ChangesDigest(parsed.positions);
    } else if ('end' in parsed) this.#takeEnd(parsed.end);
    else this.#takeChange(parsed.change, at);
  }

  #takeChange(change: KeyChange, at: ErrorDetails): void {
    if (this.#lastKey !== undefined && compareBytes(this.#lastKey, change.key) >= 0)
      throw this.#invalid(`the key of line ${at.line} does not ascend`, at);
    this.#lastKey = change.key;
    this.#digest!.add(change);
    this.#visit(change);
  }

  #takeEnd(end: IncrementEnd): void {
    const found = this.#digest!.end(end.since, end.until);
    if (found.lines !== end.lines || found.puts !== end.puts || found.deletes !== end.deletes) {
      throw new StatelogError('DIGEST_MISMATCH', 'the increment is not what its last line says', {
        path: this.#origin,
        class: 'digest-mismatch',
        expected: `${end.puts} puts, ${end.deletes} deletes, ${end.lines}`,
        found: `${found.puts} puts, ${found.deletes} deletes, ${found.lines}`,
        safe: UNTOUCHED,
        hint: 'run the transfer again',
      });
    }
    this.#end = end;
  }

  #invalid(reason: string, details: ErrorDetails = {}): StatelogError {
    const place = { path: this.#origin, class: 'undecodable', safe: UNTOUCHED };
    return new StatelogError('INVALID_ARTIFACT', `the increment is not whole: ${reason}`, {
      ...place,
      hint: 'run the transfer again',
      ...details,
    });
  }
}

/** The refusal of what is no increment, where one is to be applied. */
export function notAnIncrement(path: string): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', 'this is not an increment, which alone goes onto a store', {
    path,
    safe: UNTOUCHED,
    hint: `a whole snapshot becomes a new store: 'statelog import ${path} NEW'`,
  });
}
