import { isStatelogError } from '../errors.js';
import { checkOrderedMap } from '../rkyv/ordered-map-check.js';
import { OrderedMapReader } from '../rkyv/ordered-map-reader.js';
import type { FileSystem } from '../storage-io/file-system.js';
import { PagedSource } from '../storage-io/paged-source.js';
import { cachedPages } from './format.js';
import type { IndexBlock } from './index-block.js';
import { PlaceTable } from './place-table.js';
import { stateDamage } from './state-damage.js';
import type { StatePair } from './state-pair.js';

const PAGES_KEPT = 64;

/**
 * Reads a whole index into memory and checks all of it: each page's sum, the order of the keys,
 * each value's place against the bytes in use, and the block's totals.
 * @throws StatelogError `DAMAGED` (`index-mismatch`, `bad-offset`)
 */
export function loadIndex(
  fileSystem: FileSystem,
  { path, descriptor, head }: StatePair['index'],
): PlaceTable {
  const source = new PagedSource({
    fileSystem,
    descriptor,
    path,
    start: head.start,
    length: head.length,
    pageSums: head.block?.indexPageSums,
    damageClass: 'index-mismatch',
    slots: cachedPages(head.length, PAGES_KEPT),
  });
  const table = new PlaceTable();
  let key = new Uint8Array(64);
  try {
    checkOrderedMap(new OrderedMapReader(source, 0, head.length), (cursor) => {
      const { offset, length, keyLength } = cursor;
      if (offset + length > head.writePos) {
        throw stateDamage(
          'bad-offset',
          'a value lies past the bytes in use',
          path,
          head.start + cursor.position,
          {
            expected: `at most ${head.writePos}`,
            found: `${offset} + ${length}`,
          },
        );
      }
      if (keyLength > key.length) key = new Uint8Array(2 * keyLength);
      cursor.copyKey(key, 0);
      table.setAt(key, keyLength, offset, length);
    });
  } catch (error) {
    if (!isStatelogError(error, 'DAMAGED') || error.details.path !== undefined) throw error;
    const at = head.start + (error.details.offset ?? 0);
    throw stateDamage('index-mismatch', error.message, path, at, { cause: error });
  }
  checkTotals(table, head.block, path);
  return table;
}

function checkTotals(table: PlaceTable, block: IndexBlock | undefined, path: string): void {
  if (block === undefined) return;
  if (table.keyBytes === block.keyBytes && table.liveBytes === block.liveBytes) return;
  throw stateDamage(
    'index-mismatch',
    'the index has not the bytes of keys and values that its block tells',
    path,
    0,
    {
      expected: `${block.keyBytes} and ${block.liveBytes} bytes`,
      found: `${table.keyBytes} and ${table.liveBytes} bytes`,
    },
  );
}
