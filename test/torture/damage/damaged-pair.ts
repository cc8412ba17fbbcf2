import { crc32c } from '../../../src/engine/bytes/checksum.js';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map-reader.js';
import { MemorySource } from '../../../src/engine/bytes/byte-source.js';
import { MmapStateStore } from '../../../src/engine/state/mmap-state-store.js';
import { SimulatedFileSystem } from '../../../src/engine/storage-io/simulated/index.js';

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
    const key = Buffer.from(cursor.key).toString();
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

/** Whether the pages that an entry needs are as they were, and their sums in the index's block too. */
export function isEntryWhole(
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
export function isCountWhole(pair: DamagedPair, changed: Uint8Array): boolean {
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
