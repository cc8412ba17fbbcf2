import type { Entry } from '../../entry-cursor.js';
import { StatelogError } from '../../errors.js';
import { runToEnd } from '../../steps.js';
import {
  type NewPair,
  ShapeCounter,
  StatePairWriter,
  type WrittenPair,
} from '../../state/write/pair-writer.js';

/**
 * Writes a state file and its index from entries in key order, values in the same order and without holes;
 * both are synced when it returns. Memory is constant.
 * @param entries starts from the first entry each time it is called; the same ones come each time
 */
export function writePair(pair: NewPair, entries: () => Iterable<Entry>): WrittenPair {
  const shape = new ShapeCounter();
  for (const { key, value } of entries()) shape.add(key, value.length);
  const writer = new StatePairWriter(pair, shape);
  try {
    let count = 0;
    for (const { key, value } of entries()) {
      if (++count <= shape.count) writer.add(key, value);
    }
    if (count !== shape.count) throw changedMeanwhile(pair.statePath, shape.count, count);
    return runToEnd(writer.finishSynced());
  } finally {
    writer.close();
  }
}

function changedMeanwhile(path: string, expected: number, found: number): StatelogError {
  return new StatelogError('IO_FAILED', 'the source was changed while it was read', {
    path,
    expected: `${expected} entries`,
    found: `${found} entries`,
    hint: 'something else writes to it: run it again when that has ended',
  });
}
