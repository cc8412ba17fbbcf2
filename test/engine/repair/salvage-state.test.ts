import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { checkPairDamage, ownPair, pairContent } from '../../torture/damage/damaged-pair.js';
import { repairInto } from '../../torture/damage/log-damage.js';
import { DAMAGE_OPERATIONS } from '../../torture/damage/operations.js';

const SEED = 20_261_122;
const PLACES = 6;
const pair = ownPair(3000);

function write(
  folder: string,
  { values, index }: { readonly values: Uint8Array; readonly index?: Uint8Array | undefined },
): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'a.db'), values);
  if (index !== undefined) writeFileSync(path.join(folder, 'a.idx'), index);
  return path.join(folder, 'a.db');
}

for (const file of ['values', 'index'] as const) {
  for (const operation of DAMAGE_OPERATIONS) {
    test(`${operation} in the ${file} of a pair costs what lies in the pages that were hit, and no value is wrong`, async (t) => {
      const random = new SeededRandom(SEED);
      for (let place = 0; place < PLACES; place++) {
        await t.notThrowsAsync(checkPairDamage(pair, file, operation, random, tempDir(t)), `seed ${SEED}`);
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
  t.is(pairContent(path.join(folder, 'new.db')).size, pair.entries.size);
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
  t.deepEqual([...pairContent(path.join(folder, 'new.db'))], [['new', 'value']]);
  t.like(summary, { kept: { keys: 1 }, lost: { keys: 0, areKeysExact: false } });
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
  const all = pairContent(fixturePath('state-large.db'));
  index.fill(0xff, index.length - 1000, index.length - 8);
  const { summary } = await repairInto(write(folder, { values, index }), path.join(folder, 'new.db'));
  const content = pairContent(path.join(folder, 'new.db'));
  t.true(content.size > all.size - 60, `${content.size} of ${all.size}`);
  t.is(summary.kept.keys, content.size);
  t.is(summary.kept.keys + summary.lost.keys + summary.lost.unnamed, all.size);
  for (const [key, value] of content) t.is(value, all.get(key) ?? 'none');
});

test("a foreign sector in LaminarDB's index costs what lay in it, whatever keys it seems to hold", async (t) => {
  const index = readFileSync(fixturePath('state-large.idx'));
  const values = readFileSync(fixturePath('state-large.db'));
  const all = pairContent(fixturePath('state-large.db'));
  const random = new SeededRandom(SEED);
  for (let place = 0; place < PLACES; place++) {
    const folder = tempDir(t);
    const spoilt = Buffer.from(index);
    // Another part of the same index holds nodes, and keys of another place in the order.
    const [to, from] = [random.below(index.length / 512 - 2), random.below(index.length / 512 - 2)];
    index.copy(spoilt, 16 + to * 512, 16 + from * 512, 16 + (from + 1) * 512);
    const source = write(folder, { values, index: spoilt });
    const { summary } = await repairInto(source, path.join(folder, 'new.db'));
    const content = pairContent(path.join(folder, 'new.db'));
    const right = [...content].filter(([key, value]) => all.get(key) === value).length;
    t.true(right > all.size - 120, `${right} of ${all.size}, sector ${to} from ${from}`);
    t.is(summary.kept.keys, content.size);
  }
});
