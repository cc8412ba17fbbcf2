import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import { openBarePair } from '../../src/engine/state/read/state-file-open.js';
import { MmapStateStore } from '../../src/engine/state/store/mmap-state-store.js';
import { realFileSystem } from '../../src/engine/storage-io/real/real-file-system.js';
import { fixturePath } from '../support/fixtures.js';
import { damaged, noticed, type Damaged, type DamageCase } from './case.js';
import { bytesAt, contentOf, cutAt, flip, overwrite } from './edits.js';
import { keyOf, valueOf } from './good.js';

const HEADER_BYTES = 32;
const PAGE_BYTES = 4_096;
/** Enough for an index of several pages. */
const KEYS = 600;
/** With 80 keys, by LaminarDB 0.16. */
const OLD_FIXTURE = 'laminar-0.16/old-80';

function stateCase(
  name: string,
  damageClass: DamageCase['class'],
  damage: (values: string, index: string) => Damaged,
): DamageCase {
  const make = (folder: string): Damaged => {
    const values = path.join(folder, 'state.db');
    const store = MmapStateStore.persistent(values, 1024);
    for (let number = 0; number < KEYS; number++) store.put(keyOf(number), valueOf(number));
    store.flush();
    store.close();
    return damage(values, path.join(folder, 'state.idx'));
  };
  return { name, class: damageClass, make };
}

function laminarCase(
  name: string,
  damageClass: DamageCase['class'],
  damage: (values: string, index: string) => Damaged,
  fixture = 'state-small',
): DamageCase {
  const make = (folder: string): Damaged => {
    const [values, index] = [path.join(folder, 'state.db'), path.join(folder, 'state.idx')];
    cpSync(fixturePath(`${fixture}.db`), values);
    cpSync(fixturePath(`${fixture}.idx`), index);
    return damage(values, index);
  };
  return { name, class: damageClass, make };
}

/** What can be wrong with a bare state file and its index. */
export const STATE_CASES: readonly DamageCase[] = [
  laminarCase('state-file-of-laminardb', 'unchecked', (values) =>
    noticed(values, 'unchecked', { offset: 0 }),
  ),
  laminarCase('state-file-of-laminardb-with-a-place-outside', 'bad-offset', (values, index) => {
    // In the first leaf, with which the map starts: that is the place that is told.
    const at = placeOfFirstKey(values, index);
    overwrite(index, at, Buffer.from([0xff, 0xff, 0xff, 0x7f]));
    return {
      ...damaged(values, 'bad-offset', { offset: 0 }),
      findings: [
        { severity: 'notice', class: 'unchecked', file: values, offset: 0 },
        { severity: 'damage', class: 'bad-offset', file: index, offset: HEADER_BYTES },
      ],
    };
  }),
  laminarCase(
    'state-file-of-laminardb-0.16',
    'unchecked',
    (values) => noticed(values, 'unchecked', { offset: 0 }),
    OLD_FIXTURE,
  ),
  laminarCase(
    'state-file-of-laminardb-0.16-with-a-damaged-leaf',
    'index-mismatch',
    (values, index) => {
      // The first leaf, behind its five keys of 10 bytes and zeros up to 8.
      const leafAt = HEADER_BYTES + 56;
      overwrite(index, leafAt, Buffer.of(9));
      return {
        ...damaged(values, 'index-mismatch', { offset: 0 }),
        findings: [
          { severity: 'notice', class: 'unchecked', file: values, offset: 0 },
          { severity: 'damage', class: 'index-mismatch', file: index, offset: leafAt },
        ],
      };
    },
    OLD_FIXTURE,
  ),
  stateCase('state-file-with-a-flipped-bit-in-a-value', 'value-mismatch', (values) => {
    flip(values, HEADER_BYTES + 2 * PAGE_BYTES + 77);
    return damaged(values, 'value-mismatch', { offset: HEADER_BYTES + 2 * PAGE_BYTES, bytes: PAGE_BYTES });
  }),
  stateCase('state-file-with-a-flipped-bit-in-its-index', 'index-mismatch', (values, index) => {
    const start = HEADER_BYTES + Buffer.from(bytesAt(index, 12, 4)).readUInt32LE(0);
    flip(index, start + PAGE_BYTES + 100);
    return damaged(values, 'index-mismatch', { file: index, offset: start + PAGE_BYTES, bytes: PAGE_BYTES });
  }),
  stateCase('state-file-with-the-index-of-another', 'index-mismatch', (values, index) => {
    flip(values, 12);
    return damaged(values, 'index-mismatch', { file: index, offset: 0 });
  }),
  stateCase('state-file-with-a-damaged-index-header', 'bad-header', (values, index) => {
    flip(index, 0);
    return damaged(values, 'bad-header', { file: index, offset: 0 });
  }),
  stateCase('state-file-with-a-damaged-header', 'bad-header', (values) => {
    flip(values, 0);
    return damaged(values, 'bad-header', { offset: 0 });
  }),
  stateCase('state-file-cut-short', 'bad-length', (values) => {
    cutAt(values, 5_000);
    return damaged(values, 'bad-length', { offset: 5_000 });
  }),
  stateCase('state-file-without-its-index', 'missing-file', (values, index) => {
    rmSync(index);
    return damaged(values, 'missing-file', { file: index, offset: 0 });
  }),
];

/** Where the index says at which byte the value of its first key with a value starts. */
function placeOfFirstKey(values: string, index: string): number {
  const file = openBarePair(realFileSystem(), values);
  const cursor = file.cursor();
  const place = Buffer.alloc(8);
  for (let valid = cursor.first(); valid && cursor.length === 0; valid = cursor.next());
  place.writeUInt32LE(cursor.offset, 0);
  place.writeUInt32LE(cursor.length, 4);
  file.close();
  return contentOf(index).indexOf(place);
}
