import { isStatelogError, StatelogError } from '../../errors.js';
import type { DamageClass } from '../../finding.js';
import type { OrderedMapReader } from '../../rkyv/ordered-map/ordered-map-reader.js';
import type { FileSystem, Mapping } from '../../storage-io/interface/file-system.js';
import { PagedSource } from '../../storage-io/paged/paged-source.js';
import { cachedPages } from '../format/format.js';
import type { IndexBlock } from '../format/index-block.js';
import { openIndexMap } from '../read/index-map.js';
import { PlaceTable } from './place-table.js';
import { stateDamage } from '../format/state-damage.js';
import type { StatePair } from '../read/state-pair.js';

const PAGES_KEPT = 64;

/**
 * Reads a whole index into memory and checks all of it: each page's sum, the order of the keys,
 * each value's place against the bytes in use, and the block's totals.
 * @throws StatelogError `DAMAGED` (`index-mismatch`, `bad-offset`)
 */
export function loadIndex(fileSystem: FileSystem, index: StatePair['index']): PlaceTable {
  const { path, head } = index;
  const mapping = mapWhole(fileSystem, index);
  const table = new PlaceTable();
  try {
    const source = new PagedSource({
      fileSystem,
      descriptor: index.descriptor,
      path,
      start: head.start,
      length: head.length,
      pageSums: head.block?.indexPageSums,
      mapping,
      damageClass: 'index-mismatch',
      slots: cachedPages(head.length, PAGES_KEPT),
    });
    loadEntries(openIndexMap(source, head), head.writePos, table);
  } catch (error) {
    if (!isStatelogError(error, 'DAMAGED') || error.details.path !== undefined) throw error;
    const { class: damageClass, offset = 0, expected, found } = error.details;
    const details = { expected, found, cause: error };
    throw stateDamage(damageClass as DamageClass, error.message, path, head.start + offset, details);
  } finally {
    mapping?.unmap();
  }
  checkTotals(table, head.block, path);
  return table;
}

/**
 * Looking at a mapping saves reading page by page. Undefined where there is none: then pages are read,
 * as are those of an index of LaminarDB's, which cuts it before it writes it anew (see `MappingPolicy`).
 */
function mapWhole(fileSystem: FileSystem, { descriptor, head }: StatePair['index']): Mapping | undefined {
  if (head.block === undefined || !fileSystem.canMap) return undefined;
  try {
    return fileSystem.map(descriptor, head.start + head.length);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return undefined;
  }
}

function loadEntries(index: OrderedMapReader, writePos: number, table: PlaceTable): void {
  const cursor = index.cursor();
  for (let isOnEntry = cursor.first(); isOnEntry; isOnEntry = cursor.next()) {
    const { offset, length } = cursor;
    const { keyBytes, keyStart, keyLength } = cursor.locateKey();
    if (offset + length > writePos) {
      throw misplaced('bad-offset', 'a value lies past the bytes in use', cursor.position);
    }
    table.setAt(keyBytes, keyStart, keyLength, offset, length);
    if (!table.keys.isLoading) {
      throw misplaced('index-mismatch', 'the keys of the index are not in ascending order', cursor.position);
    }
  }
}

/** At a place in the map: `loadIndex` adds the file. */
function misplaced(damageClass: DamageClass, message: string, offset: number): StatelogError {
  return new StatelogError('DAMAGED', message, { class: damageClass, offset });
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
