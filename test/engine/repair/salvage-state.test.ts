import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { MmapStateStore } from '../../../src/engine/state/mmap-state-store.js';
import { SeededRandom } from '../../../src/engine/storage-io/simulated/seeded-random.js';
import { CoreWalWriter } from '../../../src/engine/wal/writer.js';
import { filePrints } from '../../support/file-prints.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { isCountWhole, isEntryWhole, ownPair, type DamagedPair } from '../../torture/damage/damaged-pair.js';
import { repairInto, type Repaired } from '../../torture/damage/log-damage.js';
import { damage, DAMAGE_OPERATIONS } from '../../torture/damage/operations.js';

const SEED = 20_261_122;
const PLACES = 15;
const pair = ownPair(3000);

function contentOf(file: string): Map<string, string> {
  const store = MmapStateStore.openReadOnly(file);
  const content = new Map<string, string>();
  for (const { key, value } of store.prefixScan(new Uint8Array())) {
    content.set(Buffer.from(key).toString('latin1'), Buffer.from(value).toString('latin1'));
  }
  store.close();
  return content;
}

function write(
  folder: string,
  { values, index }: { readonly values: Uint8Array; readonly index?: Uint8Array | undefined },
): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'a.db'), values);
  if (index !== undefined) writeFileSync(path.join(folder, 'a.idx'), index);
  return path.join(folder, 'a.db');
}

function namedLost({ events }: Repaired): string[] {
  return events.flatMap((event) => ('lostKey' in event ? [Buffer.from(event.lostKey.key).toString()] : []));
}

/** What must be there, what must not be wrong, and what was said of the rest. */
function check(
  t: ExecutionContext,
  original: DamagedPair,
  changed: { readonly values: Uint8Array; readonly index: Uint8Array },
  repaired: Repaired,
  content: ReadonlyMap<string, string>,
  what: string,
): void {
  let kept = 0;
  const named = new Set(namedLost(repaired));
  for (const [key, entry] of original.entries) {
    const value = content.get(key);
    if (value === entry.value) kept += 1;
    else if (value !== undefined) t.fail(`R2: ${what}: a wrong value of ${key}`);
    if (value !== undefined) continue;
    if (isEntryWhole(original, changed, entry)) t.fail(`R3: ${what}: ${key} is gone, and was whole`);
  }
  const { summary } = repaired;
  if (content.size !== kept) t.fail(`R2: ${what}: keys that were never there`);
  if (summary.kept.keys !== kept) t.fail(`${what}: kept keys were miscounted`);
  const lost = original.entries.size - kept;
  if (summary.lost.keys !== lost && isCountWhole(original, changed.index))
    t.fail(`${what}: ${lost} keys are gone, and ${summary.lost.keys} told of`);
  for (const key of named) if (!original.entries.has(key)) t.fail(`${what}: a key that never was: ${key}`);
}

for (const file of ['values', 'index'] as const) {
  for (const operation of DAMAGE_OPERATIONS.filter((one) => one !== 'wrong length')) {
    test(`${operation} in the ${file} of a pair costs what lies in the pages that were hit, and no value is wrong`, async (t) => {
      const random = new SeededRandom(SEED);
      const folder = tempDir(t);
      for (let place = 0; place < PLACES; place++) {
        const { bytes, what } = damage(pair[file], [], operation, random);
        const changed = { values: pair.values, index: pair.index, [file]: bytes };
        const own = path.join(folder, String(place));
        const source = write(own, changed);
        const before = filePrints(own);
        const into = path.join(own, 'new.db');
        try {
          const repaired = await repairInto(source, into);
          check(t, pair, changed, repaired, contentOf(into), what);
        } catch (error) {
          t.fail(`${what}, seed ${SEED}: ${String(error)}`);
        }
        rmSync(into);
        rmSync(into.replace('.db', '.idx'));
        t.deepEqual(filePrints(own), before, what);
      }
    });
  }
}

test('the index of another state file is not taken; the last one in the folder that fits is', async (t) => {
  const folder = tempDir(t);
  const source = write(folder, { values: pair.values, index: ownPair(500, 'other').index });
  const alone = await repairInto(source, path.join(folder, 'alone.db'));
  t.is(alone.summary.kept.keys, 0);
  t.true(alone.summary.lost.bytes > 10_000);
  rmSync(path.join(folder, 'alone.db'));
  rmSync(path.join(folder, 'alone.idx'));
  writeFileSync(path.join(folder, 'backup.idx'), pair.index);
  const { summary } = await repairInto(source, path.join(folder, 'new.db'));
  t.is(summary.kept.keys, pair.entries.size);
  t.is(contentOf(path.join(folder, 'new.db')).size, pair.entries.size);
});

test('without an index, what the segments beside it name is kept, and the rest of the values is told of', async (t) => {
  const folder = tempDir(t);
  const source = write(folder, { values: pair.values });
  const writer = CoreWalWriter.create(0, path.join(folder, 'wal-0.log'));
  writer.appendPut(Buffer.from('new'), Buffer.from('value'));
  writer.appendPut(Buffer.from('gone'), Buffer.from('value'));
  writer.appendDelete(Buffer.from('gone'));
  writer.close();
  const { summary, events } = await repairInto(source, path.join(folder, 'new.db'));
  t.deepEqual([...contentOf(path.join(folder, 'new.db'))], [['new', 'value']]);
  t.is(summary.kept.keys, 1);
  const findings = events.flatMap((event) => ('finding' in event ? [event.finding] : []));
  t.true(
    findings.some(
      ({ class: kind, offset, bytes }) => kind === 'index-mismatch' && offset === 32 && bytes > 10_000,
    ),
  );
});

test('a state file of LaminarDB whose index lost its root keeps what can still be named', async (t) => {
  const folder = tempDir(t);
  const values = readFileSync(fixturePath('state-large.db'));
  const index = readFileSync(fixturePath('state-large.idx'));
  const all = contentOf(fixturePath('state-large.db'));
  index.fill(0xff, index.length - 1000, index.length - 8);
  const { summary } = await repairInto(write(folder, { values, index }), path.join(folder, 'new.db'));
  const content = contentOf(path.join(folder, 'new.db'));
  t.true(content.size > all.size - 60, `${content.size} of ${all.size}`);
  t.is(summary.kept.keys, content.size);
  t.is(summary.kept.keys + summary.lost.keys, all.size);
  for (const [key, value] of content) t.is(value, all.get(key) ?? 'none');
});
