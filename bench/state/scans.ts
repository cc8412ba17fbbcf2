import type { PlaceTable } from '../../src/engine/state/backends/place-table.js';

const NO_VALUE = new Uint8Array(0);

/** Walks over all entries and sums up where their values are; no view of a key or a value is made. */
export function scanPlaces(table: PlaceTable): number {
  const cursor = table.cursor(() => NO_VALUE);
  let sum = 0;
  for (let isOn = cursor.first(); isOn; isOn = cursor.next()) sum += cursor.offset + cursor.length;
  return sum;
}

/** The same for the entries that begin with each of the prefixes. */
export function scanPrefixes(table: PlaceTable, prefixes: readonly Uint8Array[]): number {
  const cursor = table.cursor(() => NO_VALUE);
  const { keys } = table;
  let sum = 0;
  for (const prefix of prefixes) {
    let isOn = cursor.seek(prefix);
    for (; isOn && keys.keyStartsWith(cursor.slot, prefix); isOn = cursor.next()) {
      sum += cursor.offset + cursor.length;
    }
  }
  return sum;
}
