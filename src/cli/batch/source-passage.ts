import { lineMark } from '../../engine/directory/manifest/source-mark.js';
import { StatelogError } from '../../engine/errors.js';

/** The lines that earlier runs took from a named source. */
export interface TakenLines {
  readonly source: string;
  /** How many lines. */
  readonly lines: number;
  /** The digest of the last of them; undefined where none was kept. */
  readonly mark: bigint | undefined;
}

/**
 * Tells whether an input is the one that a source was taken from, as far as that can be known: it has as
 * many lines at least, and the last one that was taken is the same.
 */
export class SourcePassage {
  readonly #taken: TakenLines;
  /** A last line without its end, left for the next run. */
  unfinishedLine: number | undefined;

  constructor(taken: TakenLines) {
    this.#taken = taken;
  }

  get lines(): number {
    return this.#taken.lines;
  }

  /** @throws StatelogError `SOURCE_MISMATCH` where the last line that was taken was another one */
  check(line: Uint8Array, number: number): void {
    const { lines, mark } = this.#taken;
    if (number !== lines || mark === undefined || lineMark(line) === mark) return;
    throw this.#mismatch(`line ${number} is not the line ${number} that was taken`);
  }

  /** @throws StatelogError `SOURCE_MISMATCH` where an input that has ended has fewer lines than were taken */
  checkEnd(lines: number): void {
    if (lines < this.lines)
      throw this.#mismatch(`it has ${lines} lines, of which ${this.lines} were taken before`);
  }

  #mismatch(what: string): StatelogError {
    const { source, lines } = this.#taken;
    return new StatelogError(
      'SOURCE_MISMATCH',
      `this is not the input that source ${source} stands for: ${what}`,
      {
        expected: `the input of which ${lines} lines were taken`,
        safe: 'nothing of it was written',
        hint: `give the whole input from its first line on, or another --source NAME for another input`,
      },
    );
  }
}
