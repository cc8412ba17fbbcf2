import { spawnSync } from 'node:child_process';
import { fromUtf8 } from '../../engine/bytes/text/text.js';
import { StatelogError } from '../../engine/errors.js';
import { messagePackJson } from './msgpack-json.js';

/** A value in another form. */
export interface Decoded {
  readonly text: string;
  /** Whether the text is JSON. */
  readonly isJson: boolean;
}

/** Returns undefined for a value that is not of its form. */
export type Decoder = (value: Uint8Array) => Decoded | undefined;

/** How a command may end and still have read a value: a shell that finds no such program ends with one of these. */
const NO_SUCH_COMMAND = [126, 127];

/** The decoder of a name, `json` or `msgpack`, or else a command of the shell, run once for each value. */
export function decoderOf(name: string): Decoder {
  if (name === 'json') return decodeJson;
  if (name === 'msgpack') return decodeMessagePack;
  return (value) => runCommand(name, value);
}

function decodeJson(value: Uint8Array): Decoded | undefined {
  const text = fromUtf8(value);
  try {
    // Looked at, and not printed: a number would lose digits.
    if (text === undefined || JSON.parse(text) === undefined) return undefined;
  } catch {
    return undefined;
  }
  return { text: oneLine(text), isJson: true };
}

function decodeMessagePack(value: Uint8Array): Decoded | undefined {
  const text = messagePackJson(value);
  return text === undefined ? undefined : { text, isJson: true };
}

/** JSON without the blanks between its parts. */
function oneLine(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string: string | undefined) => string ?? '');
}

/**
 * A command gets the value on its standard input, and prints what stands for it; a line end behind that is left out. One that
 * ends with anything but 0 did not know the value.
 * @throws StatelogError `IO_FAILED` where there is no such command
 */
function runCommand(command: string, value: Uint8Array): Decoded | undefined {
  const { status, stdout, error } = spawnSync('sh', ['-c', command], {
    input: value,
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: Infinity,
  });
  // EPIPE: it printed its answer without reading all of the value.
  const failed = error !== undefined && !('code' in error && error.code === 'EPIPE');
  if (failed || NO_SUCH_COMMAND.includes(status ?? 0)) {
    throw new StatelogError('IO_FAILED', `the command of --decode could not be run: ${command}`, {
      hint: 'it is json, msgpack, or a command of the shell that reads a value and prints it',
    });
  }
  if (status !== 0) return undefined;
  const text = fromUtf8(stdout);
  return text === undefined ? undefined : { text: text.replace(/\r?\n$/, ''), isJson: false };
}
