import type { EntryOutput } from './entry-output.js';
import { encodeText, type Encodings } from '../command/encoding.js';
import type { Terminal } from '../terminal/terminal.js';
import { tableText } from '../terminal/table.js';
import { visibleText } from '../terminal/visible-text.js';

/** How many entries decide how wide the columns are; those that follow are measured anew. */
const ROWS_A_TABLE = 1_000;
/** No more of a value is looked at: a row is cut to the terminal's width anyway. */
const SHOWN_BYTES_MAX = 4_096;

/**
 * Entries as a table for a person at a terminal. Cells are cut to fit: who wants everything
 * pipes it, or asks for `--json`. Rows are held back until there are enough for a table, so
 * memory stays bounded however much there is to show.
 */
export class EntryTable implements EntryOutput {
  readonly #terminal: Terminal;
  readonly #encodings: Encodings;
  #rows: string[][] = [];
  #hasHead = false;

  constructor(terminal: Terminal, encodings: Encodings) {
    this.#terminal = terminal;
    this.#encodings = encodings;
  }

  get isFull(): boolean {
    return this.#rows.length >= ROWS_A_TABLE;
  }

  write(key: Uint8Array, value: Uint8Array | undefined): void {
    const row = [shown(key, this.#encodings.key)];
    if (value !== undefined) row.push(shown(value, this.#encodings.value));
    this.#rows.push(row);
  }

  async flush(): Promise<boolean> {
    const rows = this.#rows;
    this.#rows = [];
    const { output, outputColumns } = this.#terminal;
    if (rows.length > 0) {
      const head = this.#hasHead ? [] : ['KEY', 'VALUE'].slice(0, rows[0]!.length);
      this.#hasHead = true;
      output.writeText(await tableText(head, rows, outputColumns));
    }
    return output.flush();
  }
}

function shown(bytes: Uint8Array, encoding: Encodings['key']): string {
  const part = bytes.subarray(0, SHOWN_BYTES_MAX);
  if (encoding !== 'utf8') return encodeText(part, encoding)!;
  // What is not UTF-8 is shown as U+FFFD, and so is a character that the cut went through.
  return visibleText(new TextDecoder().decode(part));
}
