import type { ChalkInstance } from 'chalk';
import type { ComparedKey } from '../../engine/inspect/compare-stores.js';
import type { RestOutcome } from '../../engine/repair/rest/compare-rests.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import type { Encodings } from '../values/encoding.js';
import { writeEncoded, writeValue } from '../text/encoded-field.js';
import { writeJsonField } from '../text/json-fields.js';
import { redactedText, redactedValue } from '../text/redaction.js';
import type { Terminal } from '../terminal/terminal.js';
import { cutTo } from '../terminal/shown/display-width.js';
import { shownText } from '../terminal/shown/shown-text.js';

/** Prints differences, a line each. Flush when the terminal's output is full. */
export type WriteDifference = (difference: ComparedKey<RestOutcome>) => void;

/** How differences are asked for on the command line. */
export interface DifferenceOptions {
  readonly encodings: Encodings;
  readonly json: boolean;
  readonly redact: boolean;
  readonly keysOnly: boolean;
}

const SIGNS: Readonly<Record<RestOutcome, string>> = {
  same: '=',
  added: '+',
  removed: '-',
  changed: '~',
  unknown: '?',
};
const TAB = 0x09;
const LINE_FEED = 0x0a;

/** Coloured lines for a terminal, `+<TAB>key<TAB>value` for a pipe, a JSON object a line for `--json`. */
export async function differenceOutput(
  terminal: Terminal,
  options: DifferenceOptions,
): Promise<WriteDifference> {
  if (options.json) return jsonLines(terminal.output, options);
  if (!terminal.outputIsTerminal) return tabbedLines(terminal.output, options);
  // A pipe never needs it.
  const { default: chalk } = await import('chalk');
  return readableLines(terminal, options, chalk);
}

/**
 * Prints lines that `put --batch` takes: applied to the first store, they make it hold the second's content.
 * Lines that lack the values, or of which the change is unknown, say no `op`, and are refused there.
 */
function jsonLines(output: ByteOutput, { encodings, redact, keysOnly }: DifferenceOptions): WriteDifference {
  const writeValue = (name: 'value' | 'oldValue', value: Uint8Array): void => {
    output.writeText(',');
    if (!redact) {
      writeJsonField(output, name, value, encodings.value);
      return;
    }
    const { valueBytes, valueDigest } = redactedValue(value);
    output.writeText(`"${name}Bytes":${valueBytes},"${name}Digest":"${valueDigest}"`);
  };
  return ({ outcome, key, before, after }) => {
    output.writeText(`{"diff":"${outcome}",`);
    if (!redact && !keysOnly && outcome !== 'unknown')
      output.writeText(`"op":"${after === undefined ? 'delete' : 'put'}",`);
    writeJsonField(output, 'key', key, encodings.key);
    if (!keysOnly) {
      if (after !== undefined) writeValue('value', after);
      if (before !== undefined) writeValue('oldValue', before);
    }
    output.writeText('}\n');
  };
}

function tabbedLines(output: ByteOutput, options: DifferenceOptions): WriteDifference {
  return ({ outcome, key, before, after }) => {
    output.writeText(SIGNS[outcome]);
    output.writeByte(TAB);
    writeEncoded(output, key, options.encodings.key);
    // Of one value of an unknown change a line does not tell whose it is.
    if (!options.keysOnly && outcome !== 'unknown') {
      for (const value of [before, after]) {
        if (value === undefined) continue;
        output.writeByte(TAB);
        writeValue(output, value, options);
      }
    }
    output.writeByte(LINE_FEED);
  };
}

function readableLines(
  { output, outputColumns }: Terminal,
  { encodings, redact, keysOnly }: DifferenceOptions,
  chalk: ChalkInstance,
): WriteDifference {
  const paint = {
    same: chalk.reset,
    added: chalk.green,
    removed: chalk.red,
    changed: chalk.yellow,
    unknown: chalk.magenta,
  };
  const shownValue = (value: Uint8Array): string =>
    redact ? redactedText(value) : shownText(value, encodings.value);
  return ({ outcome, key, before, after }) => {
    const head = `${SIGNS[outcome]} ${shownText(key, encodings.key)}`;
    const values = [before, after].filter((value) => value !== undefined).map(shownValue);
    const line = keysOnly || outcome === 'unknown' ? head : withValues(head, values, outputColumns);
    output.writeText(`${paint[outcome](cutTo(outputColumns, line))}\n`);
  };
}

/** `head = old → new`: where that is too long, the old value gives way, so that both are to be seen. */
function withValues(head: string, values: readonly string[], columns: number): string {
  const [first = '', second] = values;
  if (second === undefined) return `${head} = ${first}`;
  const room = columns - head.length - ' = '.length - ' → '.length;
  const firstRoom = Math.max(Math.ceil(room / 2), room - second.length, 1);
  return `${head} = ${cutTo(firstRoom, first)} → ${second}`;
}
