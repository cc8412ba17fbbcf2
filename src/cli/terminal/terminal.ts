import type { ByteOutput } from './byte-output.js';

/** The process's streams as commands see them, so that a test can stand in for the process. */
export interface Terminal {
  /** Standard output. */
  readonly output: ByteOutput;
  /** True where standard output is a terminal: tables and colour instead of lines. */
  readonly outputIsTerminal: boolean;
  /** Columns of that terminal; 80 where it does not say. */
  readonly outputColumns: number;
  /** True where standard error is a terminal that can be drawn on: progress may be shown. */
  readonly errorsAreTerminal: boolean;
  readonly inputIsTerminal: boolean;
  /** Writes to standard error; never throws, since there is nowhere left to say it. */
  writeError(text: string): void;
  /** Has output that is longer than the screen go through a pager from now on; does nothing where it goes to no terminal. */
  page?(): Promise<void>;
  /** Shows what is held of it, and resolves once the reader has left the pager. */
  endPaging?(): Promise<void>;
  /** Standard input, chunk by chunk; can be read once. */
  input(): AsyncIterable<Uint8Array>;
  /** Standard input for who answers at once: each chunk is valid until the next one is asked for. */
  promptInput?(): Promise<AsyncIterable<Uint8Array>>;
}
