import type { OrderedMapCursor, OrderedMapReader } from './ordered-map-reader.js';
import { StatelogError } from '../../errors.js';

/**
 * Walks a whole map and checks what lookups rely on and do not check: that the keys ascend and that
 * there are as many as the map claims. Memory is bounded by the longest key.
 * @param visit is called with the cursor on each entry, after its checks
 * @throws StatelogError `DAMAGED` (class `index-mismatch`), at the first thing that is wrong
 */
export function checkOrderedMap(reader: OrderedMapReader, visit?: (cursor: OrderedMapCursor) => void): void {
  const cursor = reader.cursor();
  let lastKey = new Uint8Array(64);
  let lastKeyLength = -1;
  for (let isOnEntry = cursor.first(); isOnEntry; isOnEntry = cursor.next()) {
    if (lastKeyLength >= 0 && cursor.compareKey(lastKey, 0, lastKeyLength) <= 0) {
      throw new StatelogError('DAMAGED', 'the index is damaged: its keys are not in ascending order', {
        class: 'index-mismatch',
        offset: cursor.position,
      });
    }
    const keyLength = cursor.keyLength;
    if (keyLength > lastKey.length) lastKey = new Uint8Array(keyLength * 2);
    lastKeyLength = cursor.copyKey(lastKey, 0);
    visit?.(cursor);
  }
}
