import type { ByteOutput } from '../terminal/byte-output.js';
import { encodeText, type Encodings } from '../command/encoding.js';
import { writeField } from '../text/field-escapes.js';
import { writeJsonField } from '../text/json-fields.js';
import { EntryTable } from './entry-table.js';
import type { Terminal } from '../terminal/terminal.js';

/**
 * Prints keys with their values, one after the other, never more than a little of it held back:
 *
 *     for (const { key, value } of entries) {
 *       printed.write(key, value);
 *       if (printed.isFull && !(await printed.flush())) break;
 *     }
 *     await printed.flush();
 */
export interface EntryOutput {
  /**
   * Adds an entry. Its bytes must not change before the next `flush`.
   * @param value undefined where only keys are printed
   * @param extra more fields of the JSON object, such as a fold log's version
   */
  write(
    key: Uint8Array,
    value: Uint8Array | undefined,
    extra?: Readonly<Record<string, string | number>>,
  ): void;
  /** True when it is time to `flush`. */
  readonly isFull: boolean;
  /**
   * Hands on what was written, and waits until it is taken.
   * @returns false if the reader has gone away: stop
   */
  flush(): Promise<boolean>;
}

/** How entries are asked for on the command line. */
export interface EntryOutputOptions {
  readonly encodings: Encodings;
  readonly json: boolean;
  /** `-0`: only keys, each ended by NUL and not escaped. */
  readonly nulEnded?: boolean | undefined;
}

const TAB = 0x09;
const LINE_FEED = 0x0a;
const NUL = 0x00;

/** A table for a terminal, `key<TAB>value` lines for a pipe, one JSON object a line for `--json`. */
export function entryOutput(terminal: Terminal, options: EntryOutputOptions): EntryOutput {
  const { output } = terminal;
  const { encodings } = options;
  if (options.json) return jsonLines(output, encodings);
  if (options.nulEnded === true) return nulEndedKeys(output, encodings);
  return terminal.outputIsTerminal ? new EntryTable(terminal, encodings) : tabbedLines(output, encodings);
}

function linesOf(output: ByteOutput, write: EntryOutput['write']): EntryOutput {
  return {
    write,
    get isFull() {
      return output.isFull;
    },
    flush: () => output.flush(),
  };
}

function jsonLines(output: ByteOutput, encodings: Encodings): EntryOutput {
  return linesOf(output, (key, value, extra) => {
    output.writeText('{');
    writeJsonField(output, 'key', key, encodings.key);
    if (value !== undefined) {
      output.writeText(',');
      writeJsonField(output, 'value', value, encodings.value);
    }
    for (const [name, text] of Object.entries(extra ?? {})) {
      output.writeText(`,${JSON.stringify(name)}:${JSON.stringify(text)}`);
    }
    output.writeText('}\n');
  });
}

function tabbedLines(output: ByteOutput, encodings: Encodings): EntryOutput {
  const writeEncoded = (bytes: Uint8Array, encoding: Encodings['key']): void => {
    if (encoding === 'utf8') writeField(output, bytes);
    else output.writeText(encodeText(bytes, encoding)!);
  };
  return linesOf(output, (key, value) => {
    writeEncoded(key, encodings.key);
    if (value !== undefined) {
      output.writeByte(TAB);
      writeEncoded(value, encodings.value);
    }
    output.writeByte(LINE_FEED);
  });
}

function nulEndedKeys(output: ByteOutput, encodings: Encodings): EntryOutput {
  return linesOf(output, (key) => {
    if (encodings.key === 'utf8') output.write(key);
    else output.writeText(encodeText(key, encodings.key)!);
    output.writeByte(NUL);
  });
}
