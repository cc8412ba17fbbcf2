import { equalBytes, startsWithBytes } from '../../engine/bytes/compare.js';
import type { StoredEntry } from '../../engine/store/store.js';

/** Which entries are wanted by their values; what is left out filters nothing. */
export interface EntryFilterOptions {
  /** Only this value. */
  readonly value: Uint8Array | undefined;
  /** Only values that start with this. */
  readonly valuePrefix: Uint8Array | undefined;
  /** Only where the key or the value, as UTF-8, has a match; bytes that are none stand as U+FFFD. */
  readonly pattern: RegExp | undefined;
}

/** The entries that are wanted, lent until the next one is asked for. */
export function* wantedEntries(
  entries: Iterable<StoredEntry>,
  options: EntryFilterOptions,
): Generator<StoredEntry, void> {
  for (const entry of entries) if (isWanted(entry, options)) yield entry;
}

function isWanted(
  { key, value }: StoredEntry,
  { value: wanted, valuePrefix, pattern }: EntryFilterOptions,
): boolean {
  if (wanted !== undefined && !equalBytes(value, wanted)) return false;
  if (valuePrefix !== undefined && !startsWithBytes(value, valuePrefix)) return false;
  return pattern === undefined || pattern.test(textOf(key)) || pattern.test(textOf(value));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
