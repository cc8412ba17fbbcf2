import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

/** Cursors of every length that a known release writes, as `stat` prints them. */
const CURSORS = [
  '0',
  '7',
  '4096',
  '18446744073709551615',
  '0x00',
  '0x0102',
  '0x01020304050607',
  '0x010203040506070809',
  '0x0102030405060708090a',
  // A memo: a version of 8 bytes, and that the bucket was seen to evict.
  '0x00000000000010000000' + '08' + '01',
  '0x00000000000010000000' + '08' + '03' + '0102030405060708',
];

async function run(argv: readonly string[], input?: string) {
  return commandLine(argv, input === undefined ? {} : { input: [Buffer.from(input)] });
}

async function statCursor(store: string): Promise<string> {
  const { stdout } = await run(['stat', store, '--json']);
  return (JSON.parse(stdout) as { readonly cursor: string }).cursor;
}

for (const cursor of CURSORS) {
  test(`stat prints the cursor ${cursor} as --cursor and a batch take it`, async (t) => {
    const folder = tempDir(t);
    const [one, two, three] = ['one.snap', 'two.snap', 'three.snap'].map((name) => path.join(folder, name));
    t.is((await run(['put', one!, 'k', 'v', '--cursor', cursor])).exitCode, 0);
    t.is(await statCursor(one!), cursor);
    await run(['create', two!]);
    t.is((await run(['checkpoint', two!, '--cursor', await statCursor(one!)])).exitCode, 0);
    t.is(await statCursor(two!), cursor);
    const lines = (await run(['scan', one!, '--json'])).stdout;
    t.is((await run(['put', three!, '--batch', '-'], lines)).exitCode, 0);
    t.is(await statCursor(three!), cursor);
    t.is((await run(['export', one!, '-', '--as', 'ndjson'])).exitCode, 0);
    t.is(await statCursor(three!), cursor);
  });
}

for (const wrong of [
  '',
  'x',
  '1.5',
  '-1',
  '01',
  '0x',
  '0x1',
  '0xzz',
  '18446744073709551616',
  '0x' + '11'.repeat(11),
]) {
  test(`--cursor ${wrong || '(empty)'} is wrong usage`, async (t) => {
    const store = path.join(tempDir(t), 'a.snap');
    t.is((await run(['put', store, 'k', 'v', '--cursor', wrong])).exitCode, 2);
  });
}

/** A fold with revisions, a version that is none, a key without any, a deleted key, and a cursor. */
async function sampleFold(folder: string): Promise<string> {
  const store = path.join(folder, 'sample.snap');
  const lines = [
    '{"key":"a","value":"1","revision":"5"}',
    '{"key":"b","value":"2","revision":9007199254740993}'.replace('9007199254740993', '"9007199254740993"'),
    '{"key":"c","value":"3","version":"0102030405060708090a"}',
    '{"key":"d","value":"4"}',
    '{"key":"e","value":"5","revision":6}',
    '{"op":"purge","key":"e","revision":7}',
    '{"op":"delete","key":"d","revision":8}',
    '{"cursor":"9007199254740994"}',
  ];
  await run(['put', store, '--batch', '-'], `${lines.join('\n')}\n`);
  return store;
}

test('what scan, wal-replay and an NDJSON export print of a fold makes the same fold', async (t) => {
  const folder = tempDir(t);
  const store = await sampleFold(folder);
  const scanned = (await run(['scan', store, '--json'])).stdout;
  t.is(
    scanned,
    '{"key":"a","value":"1","version":"0000000000000005","revision":"5"}\n' +
      '{"key":"b","value":"2","version":"0020000000000001","revision":"9007199254740993"}\n' +
      '{"key":"c","value":"3","version":"0102030405060708090a"}\n' +
      '{"cursor":"9007199254740994"}\n',
  );
  const replayed = (await run(['wal-replay', store, '--json'])).stdout;
  t.regex(replayed, /"op":"put".*"revision":"5"/);
  t.regex(replayed, /"op":"cursor","cursor":"9007199254740994"/);
  const exported = (await run(['export', store, '-', '--as', 'ndjson'])).stdout;
  for (const [name, lines] of Object.entries({ scanned, replayed, exported })) {
    const copy = path.join(folder, `${name}.snap`);
    const { exitCode, stderr } = await run(['put', copy, '--batch', '-'], lines);
    t.is(exitCode, 0, `${name}: ${stderr}`);
    t.is((await run(['scan', copy, '--json'])).stdout, scanned, name);
  }
  const imported = path.join(folder, 'imported.snap');
  t.is((await run(['import', '-', imported], exported)).exitCode, 0);
  t.is((await run(['scan', imported, '--json'])).stdout, scanned);
});

test('a part of a fold is printed without its cursor, which would say that all of it is there', async (t) => {
  const store = await sampleFold(tempDir(t));
  for (const bound of [
    ['--prefix', 'a'],
    ['--limit', '9'],
    ['--from', 'a'],
    ['--to', 'z'],
    ['--after', '0'],
    ['--keys-only'],
  ]) {
    const { stdout } = await run(['scan', store, '--json', ...bound]);
    t.false(stdout.includes('"cursor"'), bound.join(' '));
  }
});

test('a state directory refuses revisions and cursors, unless they may be dropped', async (t) => {
  const folder = tempDir(t);
  const scanned = (await run(['scan', await sampleFold(folder), '--json'])).stdout;
  const directory = path.join(folder, 'directory');
  const { exitCode, stderr } = await run(['put', directory, '--batch', '-'], scanned);
  t.is(exitCode, 8);
  t.regex(stderr, /line 1 .*--drop-revisions/s);
  t.is(
    (await run(['put', directory, '--batch', '-'], '{"key":"q","value":"w"}\n{"cursor":5}\n')).exitCode,
    8,
  );
  t.is((await run(['get', directory, 'q'])).stdout, 'w');
  t.is(
    (await run(['put', directory, '--batch', '-'], '{"op":"purge","key":"q","revision":7}\n')).exitCode,
    8,
  );
  t.is((await run(['put', directory, '--batch', '-', '--drop-revisions'], scanned)).exitCode, 0);
  t.is((await run(['scan', directory, '--prefix', 'c'])).stdout, 'c\t3\n');
  const purge = '{"op":"purge","key":"q","revision":7}\n';
  t.is((await run(['put', directory, '--batch', '-', '--drop-revisions'], purge)).exitCode, 0);
  t.is((await run(['get', directory, 'q'])).exitCode, 1);
});

for (const line of [
  '{"key":"a","value":"b","revision":-1}',
  '{"key":"a","value":"b","revision":1.5}',
  '{"key":"a","value":"b","revision":9007199254740993}',
  '{"key":"a","value":"b","revision":"0x5"}',
  '{"key":"a","value":"b","revision":null}',
  '{"key":"a","value":"b","version":"0"}',
  '{"key":"a","value":"b","version":"' + '00'.repeat(11) + '"}',
  '{"key":"a","value":"b","version":"0000000000000005","revision":"6"}',
  '{"cursor":-1}',
  '{"cursor":true}',
  '{"cursor":"' + '0x' + '11'.repeat(11) + '"}',
  '{"op":"cursor"}',
  '{"op":"prune","key":"a"}',
]) {
  test(`a batch refuses ${line}`, async (t) => {
    const store = path.join(tempDir(t), 'a.snap');
    t.is((await run(['put', store, '--batch', '-'], `${line}\n`)).exitCode, 2);
    t.is((await run(['scan', store, '--count'])).stdout, '0\n');
  });
}

test('a batch of deletes takes what scan prints, and passes over the cursor', async (t) => {
  const store = await sampleFold(tempDir(t));
  const scanned = (await run(['scan', store, '--json'])).stdout;
  t.is((await run(['delete', store, '--batch', '-'], scanned)).exitCode, 0);
  t.is((await run(['scan', store, '--json'])).stdout, '{"cursor":"9007199254740994"}\n');
});

test('an export that was cut is noticed by a batch, and what came of it is there', async (t) => {
  const folder = tempDir(t);
  const exported = (await run(['export', await sampleFold(folder), '-', '--as', 'ndjson'])).stdout;
  const lines = exported.trimEnd().split('\n');
  const copy = path.join(folder, 'copy.snap');
  const { exitCode, stderr } = await run(['put', copy, '--batch', '-'], `${lines.slice(0, -1).join('\n')}\n`);
  t.is(exitCode, 3);
  t.regex(stderr, /ended before its end/);
  t.is((await run(['get', copy, 'a'])).stdout, '1');
});

test('any cursor and any version go through a pipe unchanged', async (t) => {
  const folder = tempDir(t);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 10 }),
      fc.uint8Array({ maxLength: 10 }),
      async (cursor, version) => {
        count += 1;
        const [one, two] = [path.join(folder, `${count}.snap`), path.join(folder, `${count}-copy.snap`)];
        const text =
          cursor.length === 8
            ? String(Buffer.from(cursor).readBigUInt64BE())
            : `0x${Buffer.from(cursor).toString('hex')}`;
        const line = JSON.stringify({ key: 'k', value: 'v', version: Buffer.from(version).toString('hex') });
        await run(['put', one, '--batch', '-', '--cursor', text], `${line}\n`);
        const scanned = (await run(['scan', one, '--json'])).stdout;
        await run(['put', two, '--batch', '-'], scanned);
        t.is((await run(['scan', two, '--json'])).stdout, scanned);
        t.is(await statCursor(two), text);
      },
    ),
    { numRuns: 40 },
  );
});
