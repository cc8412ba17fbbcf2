import type { EntryRange } from '../../engine/entry-cursor.js';
import { decodeArgument, type Encodings } from '../values/encoding.js';

const BOUNDS = ['prefix', 'from', 'after', 'to'] as const;

/** The keys that a command's parsed `boundFlags` ask for; undefined where all are. */
export function rangeOf(
  flags: { readonly reverse?: boolean } & Readonly<
    Partial<Record<(typeof BOUNDS)[number], string | undefined>>
  >,
  encodings: Encodings,
): EntryRange | undefined {
  const range: { -readonly [name in keyof EntryRange]: EntryRange[name] } = {};
  for (const name of BOUNDS) {
    const text = flags[name];
    if (text !== undefined) range[name] = decodeArgument(text, encodings.key, `--${name}`, '--key-encoding');
  }
  if (flags.reverse === true) range.reverse = true;
  return Object.keys(range).length === 0 ? undefined : range;
}
