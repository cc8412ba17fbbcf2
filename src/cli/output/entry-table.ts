import type { EntryOutput } from './entry-output.js';
import type { Encodings } from '../values/encoding.js';
import type { Terminal } from '../terminal/terminal.js';
import { tableText } from '../terminal/shown/table.js';
import { shownText } from '../terminal/shown/shown-text.js';

/** How many entries decide how wide the columns are; those that follow are measured anew. */
const ROWS_A_TABLE = 1_000;

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
    const row = [shownText(key, this.#encodings.key)];
    if (value !== undefined) row.push(shownText(value, this.#encodings.value));
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
