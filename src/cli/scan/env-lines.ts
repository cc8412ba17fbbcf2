import { visibleText } from '../terminal/shown/visible-text.js';
import { fromUtf8, toHex } from '../../engine/bytes/text/text.js';
import { StatelogError } from '../../engine/errors.js';
import type { StoredEntry } from '../../engine/store/store.js';

const QUOTE = 0x27;
const NUL = 0x00;
/** A quote within quotes: they end, it stands escaped, they begin again. */
const ESCAPED_QUOTE = Uint8Array.from(`'\\''`, (character) => character.charCodeAt(0));
/** A name that a shell takes for a variable. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Bytes as one word of a shell of POSIX, whatever they are; they must hold no NUL. */
export function shellQuoted(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(QUOTE)];
  let start = 0;
  for (let at = bytes.indexOf(QUOTE); at !== -1; at = bytes.indexOf(QUOTE, start)) {
    parts.push(bytes.subarray(start, at), ESCAPED_QUOTE);
    start = at + 1;
  }
  return Buffer.concat([...parts, bytes.subarray(start), Uint8Array.of(QUOTE)]);
}

/**
 * The name of an entry's variable: its key, without the prefix that was asked for.
 * @throws StatelogError `NOT_REPRESENTABLE` for a key that is no name of a variable, and a value that none can hold
 */
export function variableName({ key, value }: StoredEntry, prefix: Uint8Array | undefined): string {
  const name = fromUtf8(key.subarray(prefix?.length ?? 0)) ?? '';
  if (!NAME.test(name)) {
    throw notForShells(
      `the key ${keyText(key)} is no name of a variable`,
      'names have letters, digits and _, and begin with no digit; --prefix P takes keys that start with P, and leaves it out',
    );
  }
  if (value.includes(NUL))
    throw notForShells(`the value of ${keyText(key)} has a NUL, which no variable can hold`);
  return name;
}

function keyText(key: Uint8Array): string {
  const text = fromUtf8(key);
  return text === undefined ? `0x${toHex(key)}` : visibleText(text);
}

function notForShells(what: string, hint?: string): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', what, { hint, safe: 'nothing was printed' });
}
