import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  CodedStore,
  jsonCodec,
  openWritable,
  utf8Codec,
  type WritableStore,
} from '../../../src/engine/index.js';
import { tempDir } from '../../support/temp-dir.js';

type Numbered = CodedStore<string, unknown, WritableStore>;

const COUNT = 600;
const nameOf = (number: number): string => `k${String(number).padStart(4, '0')}`;

async function numbered(t: ExecutionContext, name: string): Promise<Numbered> {
  const store = await openWritable(path.join(tempDir(t), name), { create: {} });
  t.teardown(() => {
    store.close();
  });
  const coded = new CodedStore(store, { key: utf8Codec, value: jsonCodec });
  for (let number = 0; number < COUNT; number++) coded.put(nameOf(number), { number });
  await store.sync();
  return coded;
}

async function keysOf(coded: Numbered, range?: Parameters<Numbered['entries']>[0]): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of coded.entries(range)) keys.push(key);
  return keys;
}

for (const name of ['store', 'fold.snap']) {
  test(`strings and objects go into a ${name} and come back, in order, by batches`, async (t) => {
    const coded = await numbered(t, name);
    t.deepEqual(coded.get('k0007'), { number: 7 });
    t.is(coded.get('none'), undefined);
    const all = Array.from({ length: COUNT }, (_, number) => nameOf(number));
    t.deepEqual(await keysOf(coded), all);
    t.deepEqual(await keysOf(coded, { reverse: true }), all.toReversed());
    t.deepEqual(await keysOf(coded, { prefix: 'k00', after: 'k0009', to: 'k0090' }), all.slice(10, 90));
    t.deepEqual(await keysOf(coded, { from: 'k0100', reverse: true }), all.slice(100).toReversed());
    t.true(coded.delete('k0007'));
    t.false(coded.delete('k0007'));
  });

  test(`a ${name} may be changed while its entries are gone through, and others have a turn`, async (t) => {
    const coded = await numbered(t, name);
    let turns = 0;
    const count = () => {
      turns += 1;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const seen: string[] = [];
    for await (const { key } of coded.entries()) {
      seen.push(key);
      if (key === nameOf(10)) coded.put('z', 'ahead');
      if (key === nameOf(10)) coded.delete(nameOf(500));
    }
    clearImmediate(timer);
    t.is(seen.length, COUNT);
    t.is(seen.at(-1), 'z');
    t.false(seen.includes(nameOf(500)));
    t.true(turns >= 2);
  });
}

test('bytes that a codec has no value for are refused, and the store still has them', async (t) => {
  const coded = await numbered(t, 'store');
  coded.store.put(Buffer.from('bytes'), Uint8Array.of(0xff));
  t.throws(() => coded.get('bytes'), { message: /not JSON/ });
  t.throws(() => utf8Codec.decode(Uint8Array.of(0xff)), { message: /not UTF-8/ });
  t.throws(
    () => {
      coded.put('k', undefined);
    },
    { instanceOf: TypeError },
  );
  t.deepEqual([...coded.store.get(Buffer.from('bytes'))!.value], [0xff]);
});
