import type { Finding } from '../../engine/finding.js';
import { versionFields } from '../../engine/fold/format/position-text.js';
import type { ReadableStore } from '../../engine/store/store.js';
import { keysOfBatch } from '../batch/key-lines.js';
import type { Encodings } from '../values/encoding.js';
import { openReadableInput } from '../command/readable.js';
import { EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import { byteInput } from '../terminal/byte-input.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleJson } from '../terminal/shown/unseen-characters.js';
import { visibleValue } from '../terminal/shown/visible-text.js';
import { writeJsonField } from '../text/json-fields.js';

const NUL = 0x00;

/** The keys to look up: those of a command line, or of a batch of lines. */
export type AskedKeys =
  | { readonly keys: readonly Uint8Array[] }
  | {
      /** A path, or `-`. */
      readonly file: string;
      readonly tsv: boolean;
    };

/** How several values are printed. */
export interface GetManyOptions {
  readonly encodings: Encodings;
  /** The value that stands for one that is not there. */
  readonly instead: Uint8Array | undefined;
  readonly at: bigint | undefined;
  /** The values alone, each ended by NUL. */
  readonly nulEnded: boolean;
  readonly notice: (finding: Finding) => void;
}

/**
 * Prints the values of several keys as they are when it starts, one for each key, in the order asked for; what is there of a
 * batch is answered before more of it is waited for.
 * @returns 1 where one is not there, and nothing stands for it
 * @throws StatelogError `INVALID_LINE`, after the answers to the lines before it; as `openReadable`
 */
export async function getMany(
  terminal: Terminal,
  path: string,
  asked: AskedKeys,
  options: GetManyOptions,
): Promise<ExitCode> {
  const { output } = terminal;
  const store = await openReadableInput(path, terminal, { at: options.at });
  try {
    for (const finding of store.notices) options.notice(finding);
    if (terminal.outputIsTerminal && !options.nulEnded) output.passThrough(visibleJson);
    const answers = new Answers(store, terminal, options);
    const groups =
      'keys' in asked ? [asked.keys] : keysOfBatch(byteInput(asked.file, terminal), { ...options, ...asked });
    for await (const keys of groups) {
      for (const key of keys) {
        answers.write(key);
        if (output.isFull && !(await output.flush())) return answers.exitCode;
      }
      if (!(await output.flush())) break;
    }
    return answers.exitCode;
  } finally {
    await output.flush();
    store.close();
  }
}

class Answers {
  exitCode: ExitCode = EXIT_CODES.done;
  readonly #store: ReadableStore;
  readonly #output: ByteOutput;
  readonly #isShown: boolean;
  readonly #options: GetManyOptions;

  constructor(store: ReadableStore, { output, outputIsTerminal }: Terminal, options: GetManyOptions) {
    this.#store = store;
    this.#output = output;
    this.#isShown = outputIsTerminal;
    this.#options = options;
  }

  write(key: Uint8Array): void {
    const entry = this.#store.get(key);
    const value = entry?.value ?? this.#options.instead;
    if (value === undefined) this.exitCode = EXIT_CODES.no;
    if (this.#options.nulEnded) this.#writeValue(value);
    else this.#writeLine(key, value, entry?.version);
  }

  #writeLine(key: Uint8Array, value: Uint8Array | undefined, version: Uint8Array | undefined): void {
    const output = this.#output;
    const { encodings } = this.#options;
    output.writeText('{');
    writeJsonField(output, 'key', key, encodings.key);
    output.writeText(',');
    if (value === undefined) output.writeText('"found":false');
    else writeJsonField(output, 'value', value, encodings.value);
    for (const [name, text] of Object.entries(versionFields(version))) {
      output.writeText(`,"${name}":${JSON.stringify(text)}`);
    }
    output.writeText('}\n');
  }

  /** Writes one for a key that is not there, too: whoever counts values finds each where its key was. */
  #writeValue(value: Uint8Array | undefined): void {
    const output = this.#output;
    if (value !== undefined && this.#isShown) output.writeText(visibleValue(value));
    else if (value !== undefined) output.write(value);
    output.writeByte(NUL);
  }
}
