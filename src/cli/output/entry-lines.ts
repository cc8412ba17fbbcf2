import type { ByteOutput } from '../terminal/byte-output.js';
import { encodeText, type Encodings } from '../values/encoding.js';
import { writeEncoded } from '../text/encoded-field.js';
import { writeJsonField } from '../text/json-fields.js';
import { EntryTable } from './entry-table.js';
import type { Terminal } from '../terminal/terminal.js';

import type { EntryOutput, EntryOutputOptions } from './entry-output.js';

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
  return linesOf(output, (key, value) => {
    writeEncoded(output, key, encodings.key);
    if (value !== undefined) {
      output.writeByte(TAB);
      writeEncoded(output, value, encodings.value);
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
