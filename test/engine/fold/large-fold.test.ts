import path from 'node:path';
import test from 'ava';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { SeededRandom } from '../../simulated-disk/index.js';
import { tempDir } from '../../support/temp-dir.js';

const SEED = 20;

test('thousands of keys in random order, with deletes, agree with a map after reopening, walked both ways', (t) => {
  const random = new SeededRandom(SEED);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const file = path.join(tempDir(t), 'large.snap');
  const model = new Map<string, number>();
  let { store } = AppendLogFold.open(file, 100_000);
  for (let round = 0; round < 30; round++) {
    const batch: KvUpdate[] = [];
    for (let index = 0; index < 400; index++) {
      const key = `key/${below(5000).toString(36)}`;
      const value = below(256);
      if (below(5) === 0) {
        batch.push(KvUpdate.delete(key));
        model.delete(key);
      } else {
        batch.push(KvUpdate.put(key, new Uint8Array(value).fill(value), VersionToken.fromU64(BigInt(round))));
        model.set(key, value);
      }
    }
    store.apply(batch, WatchCursor.fromU64(BigInt(round)));
    if (round % 10 !== 9) continue;
    store.close();
    ({ store } = AppendLogFold.open(file, 100_000, { compactOnOpen: round === 19 }));
  }
  const sorted = [...model.keys()].sort();
  t.is(store.count, sorted.length, `seed ${SEED}`);
  t.deepEqual(
    store.range().map(({ key, value }) => [key, value.length]),
    sorted.map((key) => [key, model.get(key)]),
  );
  const cursor = store.entryCursor();
  const backwards: string[] = [];
  for (let valid = cursor.last(); valid; valid = cursor.previous())
    backwards.push(Buffer.from(cursor.key).toString());
  t.deepEqual(backwards, sorted.toReversed());
  for (const prefix of ['key/1', 'key/a', 'key/zz', 'key/']) {
    t.deepEqual(
      store.range(prefix).map(({ key }) => key),
      sorted.filter((key) => key.startsWith(prefix)),
    );
  }
  store.close();
});
