import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { MemorySource } from '../../../src/engine/bytes/byte-source.js';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import { filePrints } from '../../support/file-prints.js';
import { refusedRepair, repairInto, type Repaired } from './log-damage.js';
import { damage, type DamageOperation } from './operations.js';

const PAGE_BYTES = 4096;
const STATE_HEADER_BYTES = 32;
const INDEX_HEADER_BYTES = 32;
const BLOCK_LENGTH_AT = 12;
const NODE_BYTES = 108;
const BLOCK_SUMS_AT = 32 + 80;
const MAP_ROOT_BYTES = 8;

/** An entry, and the pages that it needs. */
interface PairEntry {
  readonly value: string;
  /** Ranges of the two files. */
  readonly valueRange: readonly [number, number];
  readonly nodeRange: readonly [number, number];
}

/** A bare pair of ours, and what is in it. */
export interface DamagedPair {
  readonly values: Uint8Array;
  readonly index: Uint8Array;
  readonly entries: ReadonlyMap<string, PairEntry>;
  /** Where the map starts in the index, behind the header and the block. */
  readonly mapStart: number;
}

/** A pair with a few overwritten and deleted keys, and values of many sizes. */
export function ownPair(keys: number, salt = ''): DamagedPair {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory('/store');
  const store = MmapStateStore.persistent('/store/a.db', 64 * 1024, { fileSystem });
  const valueOf = (number: number, round: number): Uint8Array =>
    Buffer.from(`${salt}${round}:${number};`.repeat((number * 7 + round) % 23));
  for (let number = 0; number < keys; number++) store.put(keyOf(number), valueOf(number, 1));
  for (let number = 0; number < keys; number += 5) store.put(keyOf(number), valueOf(number, 2));
  for (let number = 3; number < keys; number += 17) store.delete(keyOf(number));
  store.saveIndex();
  store.close();
  const values = fileSystem.disk.fileBytes('/store/a.db');
  const index = fileSystem.disk.fileBytes('/store/a.idx');
  return { values, index, ...entriesOf(values, index) };
}

function keyOf(number: number): Uint8Array {
  return Buffer.from(`key/${String((number * 7919) % 100_003).padStart(6, '0')}/${'x'.repeat(number % 13)}`);
}

function entriesOf(values: Uint8Array, index: Uint8Array): Pick<DamagedPair, 'entries' | 'mapStart'> {
  const view = new DataView(index.buffer, index.byteOffset, index.length);
  const mapStart = INDEX_HEADER_BYTES + view.getUint32(BLOCK_LENGTH_AT, true);
  const map = index.slice(mapStart);
  const cursor = new OrderedMapReader(new MemorySource(map), 0, map.length).cursor();
  const entries = new Map<string, PairEntry>();
  for (let isOn = cursor.first(); isOn; isOn = cursor.next()) {
    const { position, offset, length } = cursor;
    const key = Buffer.from(cursor.key).toString('latin1');
    const from = STATE_HEADER_BYTES + offset;
    entries.set(key, {
      value: Buffer.from(values.subarray(from, from + length)).toString('latin1'),
      valueRange: [offset, offset + length],
      // The keys of a node stand right before it; five of ours take less than this.
      nodeRange: [Math.max(0, position - 200), position + NODE_BYTES],
    });
  }
  return { entries, mapStart };
}

/**
 * Damages one file of a pair, and repairs it into a new one: what must be there, what must not be wrong, and what
 * is said of the rest.
 * @returns what was done, in words
 * @throws Error where a promise is broken, with the same words
 */
export async function checkPairDamage(
  pair: DamagedPair,
  file: 'values' | 'index',
  operation: DamageOperation,
  random: SeededRandom,
  folder: string,
): Promise<string> {
  const { bytes, what } = damage(
    pair[file],
    [{ offset: 0, length: 32, lengthAt: BLOCK_LENGTH_AT }],
    operation,
    random,
  );
  const changed = { values: pair.values, index: pair.index, [file]: bytes };
  const source = path.join(folder, 'a.db');
  writeFileSync(source, changed.values);
  writeFileSync(path.join(folder, 'a.idx'), changed.index);
  const before = filePrints(folder);
  const into = path.join(folder, 'new.db');
  try {
    if (changed.values.length === 0) {
      await refusedRepair(source, into, 'UNKNOWN_FORMAT');
      return what;
    }
    const repaired = await repairInto(source, into);
    checkEntries(pair, changed, repaired, pairContent(into));
    const after = filePrints(folder);
    for (const [name, { changed: time, bytes: content }] of Object.entries(before)) {
      if (after[name]?.changed !== time || after[name].bytes !== content)
        throw new Error('R4: the source was changed');
    }
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return what;
}

/** What a bare pair holds. */
export function pairContent(file: string): Map<string, string> {
  const store = MmapStateStore.openReadOnly(file, { mapping: 'never' });
  const content = new Map<string, string>();
  for (const { key, value } of store.prefixScan(new Uint8Array())) {
    content.set(Buffer.from(key).toString('latin1'), Buffer.from(value).toString('latin1'));
  }
  store.close();
  return content;
}

function checkEntries(
  pair: DamagedPair,
  changed: Pick<DamagedPair, 'values' | 'index'>,
  { events, summary }: Repaired,
  content: ReadonlyMap<string, string>,
): void {
  let kept = 0;
  for (const [key, entry] of pair.entries) {
    const value = content.get(key);
    if (value === entry.value) kept += 1;
    else if (value !== undefined) throw new Error(`R2: a wrong value of ${key}`);
    // Where no page of values is as it was, nothing shows that an empty one is.
    else if (entry.value !== '' && isEntryWhole(pair, changed, entry))
      throw new Error(`R3: ${key} is gone, and was whole`);
  }
  if (content.size !== kept) throw new Error('R2: keys that were never there');
  if (summary.kept.keys !== kept) throw new Error('kept keys were miscounted');
  const lost = pair.entries.size - kept;
  if (lost !== summary.lost.keys && isCountWhole(pair, changed.index)) {
    throw new Error(`R5: ${lost} keys are gone, and ${summary.lost.keys} told of`);
  }
  if (lost > 0 && events.length === 0) throw new Error('R5: keys are gone, and nothing is said');
  for (const event of events) {
    if ('lostKey' in event && !pair.entries.has(Buffer.from(event.lostKey.key).toString('latin1'))) {
      throw new Error('R5: a key is said to be lost that never was there');
    }
  }
}

/** Whether the pages that an entry needs are as they were, and their sums in the index's block too. */
function isEntryWhole(
  pair: DamagedPair,
  changed: Pick<DamagedPair, 'values' | 'index'>,
  { valueRange, nodeRange }: PairEntry,
): boolean {
  const indexPages = Math.ceil((pair.index.length - pair.mapStart) / PAGE_BYTES);
  return (
    arePagesWhole(pair.values, changed.values, STATE_HEADER_BYTES, valueRange) &&
    arePagesWhole(pair.index, changed.index, pair.mapStart, nodeRange) &&
    areSumsWhole(pair.index, changed.index, 0, nodeRange) &&
    areSumsWhole(pair.index, changed.index, indexPages, valueRange)
  );
}

/** Whether the index can still say how many entries it has. */
function isCountWhole(pair: DamagedPair, changed: Uint8Array): boolean {
  const end = pair.index.length - pair.mapStart;
  const range = [end - MAP_ROOT_BYTES, end] as const;
  return (
    arePagesWhole(pair.index, changed, pair.mapStart, range) && areSumsWhole(pair.index, changed, 0, range)
  );
}

function areSumsWhole(
  before: Uint8Array,
  after: Uint8Array,
  firstSum: number,
  [from, to]: readonly [number, number],
): boolean {
  const first = BLOCK_SUMS_AT + 4 * (firstSum + Math.floor(from / PAGE_BYTES));
  const end = BLOCK_SUMS_AT + 4 * (firstSum + Math.ceil(to / PAGE_BYTES));
  return Buffer.compare(before.subarray(first, end), after.subarray(first, end)) === 0;
}

/** Whether all pages of a range are as they were. */
function arePagesWhole(
  before: Uint8Array,
  after: Uint8Array,
  start: number,
  [from, to]: readonly [number, number],
): boolean {
  for (let page = Math.floor(from / PAGE_BYTES); page * PAGE_BYTES < to; page++) {
    const [at, end] = [start + page * PAGE_BYTES, start + (page + 1) * PAGE_BYTES];
    const [one, other] = [before.subarray(at, end), after.subarray(at, end)];
    if (one.length !== other.length || crc32c(one) !== crc32c(other)) return false;
  }
  return true;
}
