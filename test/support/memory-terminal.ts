import { ByteOutput } from '../../src/cli/terminal/byte-output.js';
import type { Terminal } from '../../src/cli/terminal/terminal.js';

/** How a `MemoryTerminal` differs from a pair of pipes that are read to their end. */
export interface MemoryTerminalOptions {
  /** What standard input gives, chunk by chunk. */
  readonly input?: readonly (string | Uint8Array)[];
  /** True: standard output is a terminal. */
  readonly isTerminal?: boolean;
  /** The columns of that terminal; default 80. */
  readonly columns?: number;
  /** The reader of standard output goes away after this many bytes. */
  readonly readerTakes?: number;
  /** Told of what goes to standard error, as it goes there. */
  readonly onError?: (text: string) => void;
}

/** Streams that end in memory, so that a command runs without a process of its own. */
export class MemoryTerminal implements Terminal {
  readonly output: ByteOutput;
  readonly outputIsTerminal: boolean;
  readonly outputColumns: number;
  readonly errorsAreTerminal = false;
  readonly inputIsTerminal = false;
  readonly #options: MemoryTerminalOptions;
  readonly #written: Uint8Array[] = [];
  #bytes = 0;
  #errors = '';

  constructor(options: MemoryTerminalOptions = {}) {
    this.#options = options;
    this.outputIsTerminal = options.isTerminal === true;
    this.outputColumns = options.columns ?? 80;
    this.output = new ByteOutput({
      write: (bytes) => {
        // `slice` of a Buffer would be a view, and the buffer is written to again.
        this.#written.push(new Uint8Array(bytes));
        this.#bytes += bytes.length;
        return Promise.resolve(this.#bytes < (options.readerTakes ?? Infinity));
      },
    });
  }

  /** What reached standard output. */
  get stdoutBytes(): Uint8Array {
    return Buffer.concat(this.#written);
  }

  get stdout(): string {
    return Buffer.concat(this.#written).toString('utf8');
  }

  get stderr(): string {
    return this.#errors;
  }

  writeError(text: string): void {
    this.#errors += text;
    this.#options.onError?.(text);
  }

  async *input(): AsyncGenerator<Uint8Array, void> {
    for (const chunk of this.#options.input ?? []) {
      yield await Promise.resolve(typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk);
    }
  }
}
