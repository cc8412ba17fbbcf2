import { toUtf8 } from '../../engine/bytes/text/text.js';
import { versionFields } from '../../engine/fold/format/position-text.js';
import type { StoredEntry } from '../../engine/store/store.js';
import { redactedText, redactedValue } from '../text/redaction.js';
import type { EntryOutput } from './entry-output.js';

/** The first items, as many as there may be. */
export function* take<T>(items: Iterable<T>, limit: number): Generator<T, void> {
  if (limit === 0) return;
  let taken = 0;
  for (const item of items) {
    yield item;
    if (++taken >= limit) return;
  }
}

/**
 * Prints all items, each of which may be lent until the next one is asked for: what is too large to be copied is handed on before.
 * If one cannot be read, those before it are printed all the same.
 */
export async function printAll<Item>(
  printed: EntryOutput,
  items: Iterable<Item>,
  write: (item: Item) => void,
): Promise<void> {
  try {
    for (const item of items) {
      write(item);
      if (printed.isFull && !(await printed.flush())) return;
    }
  } finally {
    await printed.flush();
  }
}

/** Prints an entry, with its version in JSON; of a value that is kept secret its length and digest. */
export function writeEntry(
  printed: EntryOutput,
  { key, value, version }: StoredEntry,
  { json, redact }: { readonly json: boolean; readonly redact: boolean },
): void {
  if (!json) {
    printed.write(key, redact ? toUtf8(redactedText(value)) : value);
    return;
  }
  const versionField = versionFields(version);
  if (redact) printed.write(key, undefined, { ...redactedValue(value), ...versionField });
  else printed.write(key, value, versionField);
}
