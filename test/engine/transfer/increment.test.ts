import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import type { IncrementEnd } from '../../../src/engine/lines/increment-lines.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { tempDir } from '../../support/temp-dir.js';
import { exported, HISTORIES, importNew, onto, standing, type Step } from './increment-works.js';

/** So many keys that a few of them are a small part. */
const MANY = Array.from({ length: 40 }, (_, number): Step => [`many:${number}`, 'value']);

const key = fc.constantFrom('a', 'ab', 'b', 'c', '\u00e9', 'z');
const value = fc.option(fc.constantFrom('', '1', '2', 'long '.repeat(30)), { nil: undefined, freq: 3 });
const batch = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 6 });
/** Batches, and the places at which increments begin and end: the first is a whole export. */
const history = fc.array(batch, { minLength: 2, maxLength: 7 }).chain((batches) =>
  fc.tuple(
    fc.constant(batches),
    fc.uniqueArray(fc.integer({ min: 1, max: batches.length }), {
      minLength: 2,
      maxLength: batches.length,
    }),
  ),
);

for (const [kind, { create, write }] of Object.entries(HISTORIES)) {
  const nameOf = (name: string): string => (kind === 'log' ? `${name}.snap` : name);

  test(`a whole export of a ${kind} and a chain of increments make at each place what the source was there`, async (t) => {
    const folder = tempDir(t);
    let number = 0;
    await fc.assert(
      fc.asyncProperty(history, async ([batches, places]) => {
        const here = path.join(folder, String(number++));
        const [source, copy] = [nameOf(`${here}-source`), nameOf(`${here}-copy`)];
        create(source);
        const ordered = [...places].sort((a, b) => a - b);
        let before: number | undefined;
        for (const [index, steps] of batches.entries()) {
          const position = index + 1;
          await write(source, steps, position);
          if (!ordered.includes(position)) continue;
          if (before === undefined) await importNew(exported(source), copy);
          else {
            const increment = exported(source, { since: String(before) });
            const report = await onto(increment, copy);
            t.is(kind === 'log' ? report.cursor : report.epoch, String(position));
            await t.throwsAsync(onto(increment, copy), { message: /stands at/ });
          }
          t.is(standing(copy), standing(source));
          before = position;
        }
        const outcome = [...verifyPath(realFileSystem(), copy, { quick: false })].filter(
          ({ severity }) => severity !== 'notice',
        );
        t.deepEqual(outcome, []);
      }),
      { numRuns: 40 },
    );
  });

  test(`a gap, another store, an altered or a cut increment are refused, and the ${kind} stays as it was`, async (t) => {
    const folder = tempDir(t);
    const [source, copy, other] = ['source', 'copy', 'other'].map((name) => path.join(folder, nameOf(name)));
    const batches: readonly (readonly Step[])[] = [
      [
        ['a', '1'],
        ['b', '2'],
      ],
      [
        ['a', undefined],
        ['c', '3'],
      ],
      [['b', '5']],
    ];
    for (const store of [source!, other!]) create(store);
    await write(source!, batches[0]!, 1);
    await write(
      other!,
      [
        ['a', '1'],
        ['b', 'another'],
      ],
      1,
    );
    await importNew(exported(source!), copy!);
    await write(source!, batches[1]!, 2);
    const good = exported(source!, { since: '1' });
    await write(source!, batches[2]!, 3);
    const late = exported(source!, { since: '2' });
    const before = standing(copy!);
    const gap = await t.throwsAsync(onto(late, copy!), { code: 'SOURCE_MISMATCH' });
    t.regex(gap.message, /(epoch|cursor) 1\b.*from (epoch|cursor) 2 to (epoch|cursor) 3/);
    const otherBefore = standing(other!);
    await t.throwsAsync(onto(good, other!), { code: 'SOURCE_MISMATCH', message: /does not hold/ });
    t.is(standing(other!), otherBefore);
    for (let cut = 0; cut < good.length; cut += 7) {
      await t.throwsAsync(onto(good.subarray(0, cut), copy!), undefined, `cut at ${cut}`);
    }
    for (let at = 0; at < good.length - 1; at += 3) {
      const altered = Buffer.from(good);
      altered[at] = altered[at]! ^ 1;
      await t.throwsAsync(onto(altered, copy!), undefined, `byte ${at} altered`);
    }
    const lines = good.toString().split('\n');
    for (let index = 0; index < lines.length - 1; index++) {
      const without = lines.filter((_, at) => at !== index).join('\n');
      await t.throwsAsync(onto(Buffer.from(without), copy!), undefined, `without line ${index + 1}`);
    }
    t.is(standing(copy!), before);
    await t.throwsAsync(importNew(good, path.join(folder, 'new')), {
      code: 'NOT_REPRESENTABLE',
      message: /only what changed/,
    });
    await t.throwsAsync(onto(exported(source!), copy!), { code: 'NOT_REPRESENTABLE' });
    await onto(good, copy!);
    await onto(late, copy!);
    t.is(standing(copy!), standing(source!));
  });
}

for (const [kind, { create, write }] of Object.entries(HISTORIES)) {
  test(`increments of a ${kind} start where the file of an earlier one ends, and tell what changed by what was written since`, async (t) => {
    const folder = tempDir(t);
    const at = (name: string): string => path.join(folder, kind === 'log' ? `${name}.snap` : name);
    const [source, copy, other] = [at('source'), at('copy'), at('other')];
    for (const store of [source, other]) {
      create(store);
      await write(store, [...MANY, ['a', '1'], ['b', store === other ? 'another' : '2']], 1);
    }
    await importNew(exported(source), copy);
    const file = path.join(folder, 'increment.ndjson');
    const next = (from: string, since: string): { readonly bytes: Buffer; readonly end: IncrementEnd } => {
      const bytes = exported(from, { since });
      const parsed = JSON.parse(bytes.toString().trimEnd().split('\n').at(-1)!) as { end: IncrementEnd };
      return { bytes, end: parsed.end };
    };
    const start = next(source, '1');
    t.is(start.end.puts + start.end.deletes, 0);
    writeFileSync(file, start.bytes);
    t.deepEqual(next(source, file).end.until, start.end.until);
    for (const position of [2, 3]) {
      await write(
        source,
        [
          ['a', position === 2 ? undefined : '3'],
          ['c', String(position)],
        ],
        position,
      );
      const { bytes, end } = next(source, file);
      t.is(end.until.digest, undefined);
      const report = await onto(bytes, copy);
      t.is(kind === 'log' ? report.cursor : report.epoch, String(position));
      t.is(standing(copy), standing(source));
      writeFileSync(file, bytes);
    }
    for (const position of [2, 3, 4]) await write(other, [['c', String(position)]], position);
    t.throws(() => exported(other, { since: file }), { code: 'SOURCE_MISMATCH' });
    const whole = path.join(folder, 'whole.ndjson');
    writeFileSync(whole, exported(source));
    t.throws(() => exported(source, { since: whole }), {
      code: 'NOT_REPRESENTABLE',
      message: /only an increment/,
    });
    t.throws(() => exported(source, { since: `${whole}-missing` }), { code: 'INVALID_ARGUMENT' });
  });
}

test('an increment from the file of an earlier one reads all of a fold log that was compacted since, and tells its sum again', async (t) => {
  const folder = tempDir(t);
  const [source, copy] = [path.join(folder, 'source.snap'), path.join(folder, 'copy.snap')];
  HISTORIES.log.create(source);
  await HISTORIES.log.write(source, [...MANY, ['a', '1']], 1);
  await HISTORIES.log.write(source, [['a', '2']], 2);
  await importNew(exported(source), copy);
  const file = path.join(folder, 'increment.ndjson');
  writeFileSync(file, exported(source, { since: '2' }));
  const { store } = AppendLogFold.open(source);
  store.compact();
  store.close();
  await HISTORIES.log.write(source, [['b', '3']], 3);
  const increment = exported(source, { since: file });
  t.regex(
    increment.toString(),
    /"until":\{"keys":\d+,"digest":"\w{64}","attributes":"\w{64}","sum":"\w{64}"\}/,
  );
  await onto(increment, copy);
  t.is(standing(copy), standing(source));
  await HISTORIES.log.write(source, [['a', undefined]], 4);
  const { store: again } = AppendLogFold.open(source);
  again.compact();
  again.close();
  t.throws(() => exported(source, { since: file }), { code: 'CURSOR_EXPIRED' });
});

test('an increment of a state directory whose epoch is open is refused, unless an earlier end is named', async (t) => {
  const folder = tempDir(t);
  const [source, copy] = [path.join(folder, 'source'), path.join(folder, 'copy')];
  const { create, write } = HISTORIES.directory;
  create(source);
  await write(source, [['a', '1']], 1);
  await importNew(exported(source), copy);
  await write(source, [['b', '2']], 2);
  const store = await StateDirectory.open(source);
  store.put(Buffer.from('c'), Buffer.from('3'));
  await store.sync();
  store.close();
  t.throws(() => exported(source, { since: '1' }), {
    code: 'NOT_REPRESENTABLE',
    message: /epoch 3 is still open/,
  });
  t.throws(() => exported(source, { since: '3' }), { code: 'NOT_REPRESENTABLE' });
  t.throws(() => exported(source, { since: '7' }), { code: 'EPOCH_NOT_FOUND' });
  t.throws(() => exported(source, { since: '2', at: 1n }), { code: 'INVALID_ARGUMENT' });
  const report = await onto(exported(source, { since: '1', at: 2n }), copy);
  t.is(report.epoch, '2');
});

test('a state directory that was written to since is refused, at the same checkpoint too', async (t) => {
  const folder = tempDir(t);
  const [source, copy] = [path.join(folder, 'source'), path.join(folder, 'copy')];
  const { create, write } = HISTORIES.directory;
  create(source);
  await write(source, [['a', '1']], 1);
  await importNew(exported(source), copy);
  await write(source, [['b', '2']], 2);
  const store = await StateDirectory.open(copy);
  store.put(Buffer.from('mine'), Buffer.from('!'));
  await store.sync();
  store.close();
  const before = standing(copy);
  await t.throwsAsync(onto(exported(source, { since: '1' }), copy), { code: 'SOURCE_MISMATCH' });
  t.is(standing(copy), before);
});

test('what a fold log no longer tells, since it was compacted, is refused with the reason', async (t) => {
  const source = path.join(tempDir(t), 'source.snap');
  const { create, write } = HISTORIES.log;
  create(source);
  await write(
    source,
    [
      ['a', '1'],
      ['b', '2'],
    ],
    1,
  );
  await write(source, [['a', undefined]], 2);
  t.true(exported(source, { since: '1' }).includes('"op":"delete"'));
  const { store } = AppendLogFold.open(source);
  store.compact();
  store.close();
  const error = t.throws(() => exported(source, { since: '1' }), { code: 'CURSOR_EXPIRED' });
  t.regex(
    (error as unknown as { details: { hint: string } }).details.hint,
    /compacted away with the deletes/,
  );
  await write(source, [['c', '3']], 3);
  t.false(exported(source, { since: '2' }).includes('"key":"b"'));
});

test('what was written to a fold at a cursor that was there before is after that cursor', async (t) => {
  const folder = tempDir(t);
  const [source, copy] = [path.join(folder, 'source.snap'), path.join(folder, 'copy.snap')];
  HISTORIES.log.create(source);
  await HISTORIES.log.write(source, [['a', '1']], 1);
  await importNew(exported(source), copy);
  const { store } = AppendLogFold.open(source);
  store.apply([KvUpdate.put('b', Buffer.from('2'))], WatchCursor.fromU64(1n));
  store.close();
  await onto(exported(source, { since: '1' }), copy);
  t.is(standing(copy), standing(source));
});

test('what was applied to a fold log can be exported as an increment again, deletes too', async (t) => {
  const folder = tempDir(t);
  const [source, copy, third] = ['source', 'copy', 'third'].map((name) => path.join(folder, `${name}.snap`));
  const { create, write } = HISTORIES.log;
  create(source!);
  await write(
    source!,
    [
      ['a', '1'],
      ['b', '2'],
    ],
    1,
  );
  await importNew(exported(source!), copy!);
  await importNew(exported(source!), third!);
  await write(
    source!,
    [
      ['a', undefined],
      ['c', '3'],
    ],
    2,
  );
  await onto(exported(source!, { since: '1' }), copy!);
  await onto(exported(copy!, { since: '1' }), third!);
  t.is(standing(third!), standing(source!));
});
