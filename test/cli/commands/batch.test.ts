import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

const run = (...argv: string[]) => commandLine(argv);
const putLine = (key: string, value: string): string => `${JSON.stringify({ key, value })}\n`;

for (const name of ['store', 'store.snap']) {
  test(`a batch puts and deletes, and acknowledges the lines that are on disk: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    const input = [putLine('a', '1'), `${putLine('b', '2')}{"op":"delete","key":"a"}\n\n`];
    const { exitCode, stdout, stderr } = await commandLine(['put', store, '--batch', '-', '--ack'], {
      input,
    });
    t.is(exitCode, 0, stderr);
    t.is(stdout.trimEnd().split('\n').at(-1), '{"acknowledged":4}');
    t.is((await run('scan', store)).stdout, 'b\t2\n');
  });

  test(`a bad line ends a batch with 2 and its number, and what stood before it is kept: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    const input = [`${putLine('a', '1')}{"op":"checkpoint"}\n${putLine('b', '2')}`];
    const result = await commandLine(['put', store, '--batch', '-', '--ack', '--json'], { input });
    t.is(result.exitCode, 2);
    t.is(result.stdout, '{"acknowledged":1}\n');
    t.like(JSON.parse(result.stderr), { error: { code: 'INVALID_LINE', line: 2 } });
    t.is((await run('scan', store)).stdout, 'a\t1\n');
  });

  test(`when nobody reads the acknowledgements any more, a batch goes on without: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    const input = Array.from({ length: 10_000 }, (_, index) => putLine(`k${index}`, 'v'));
    const options = { input, readerTakes: 1 };
    const { exitCode, stdout, stderr } = await commandLine(['put', store, '--batch', '-', '--ack'], options);
    t.is(exitCode, 0, stderr);
    t.is(stdout.split('\n').length, 2, 'one acknowledgement was taken');
    t.is((await run('scan', store, '--count')).stdout, '10000\n');
  });

  test(`keys are deleted by a batch, too; 1 where none was there: ${name}`, async (t) => {
    const folder = tempDir(t);
    const store = path.join(folder, name);
    for (const key of ['a', 'b', 'c']) await run('put', store, key, 'v');
    const batch = path.join(folder, 'batch');
    writeFileSync(batch, 'a\nb\tignored\nx\n');
    t.is((await run('delete', store, '--batch', batch, '--tsv')).exitCode, 0);
    t.is((await run('scan', store)).stdout, 'c\tv\n');
    t.is((await run('delete', store, '--batch', batch, '--tsv')).exitCode, 1);
    t.is((await run('delete', store)).exitCode, 2);
    t.is((await run('delete', store, 'c', '--batch', batch)).exitCode, 2);
  });

  test(`a batch without a line changes nothing: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    t.like(await commandLine(['put', store, '--batch', '-', '--ack'], { input: [] }), {
      exitCode: 0,
      stdout: '',
    });
    t.is((await run('put', store, '--batch', `${store}.missing`)).exitCode, 6);
  });
}

test('a line that a fold log cannot hold is refused by its number, after what stood before it', async (t) => {
  const store = path.join(tempDir(t), 'a.snap');
  const input = [`${putLine('a', '1')}\n{"keyBase64":"/w==","value":"2"}\n${putLine('c', '3')}`];
  const result = await commandLine(['put', store, '--batch', '-', '--ack', '--json'], { input });
  t.is(result.exitCode, 8);
  t.is(result.stdout, '{"acknowledged":2}\n');
  t.like(JSON.parse(result.stderr), { error: { code: 'NOT_REPRESENTABLE', line: 3 } });
  t.is((await run('scan', store)).stdout, 'a\t1\n');
});

test('with --source a batch goes on where an earlier one stopped, also after a checkpoint', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const argv = ['put', store, '--batch', '-', '--source', 'orders', '--ack'];
  const first = await commandLine(argv, { input: [putLine('a', '1'), 'not json\n'] });
  t.like(first, { exitCode: 2, stdout: '{"acknowledged":1}\n' });
  await run('put', store, 'a', 'changed');
  await run('checkpoint', store);
  const second = await commandLine(argv, { input: [putLine('a', '1'), putLine('b', '2')] });
  t.is(second.exitCode, 0);
  t.deepEqual(second.stdout.trimEnd().split('\n'), ['{"acknowledged":1}', '{"acknowledged":2}']);
  t.is((await run('scan', store)).stdout, 'a\tchanged\nb\t2\n');
  const third = await commandLine(argv, { input: [putLine('a', '1'), putLine('b', '2')] });
  t.like(third, { exitCode: 0, stdout: '{"acknowledged":2}\n' }, 'what is the same has nothing new');
  const other = await commandLine(['put', store, '--batch', '-', '--source', 'other', '--ack'], {
    input: [putLine('c', '3')],
  });
  t.like(other, { exitCode: 0, stdout: '{"acknowledged":1}\n' });
});

test('with --source another input is refused, and nothing of it is acknowledged or stored', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const argv = ['put', store, '--batch', '-', '--source', 'feed', '--ack', '--json'];
  const lines = (day: string, count: number): string[] =>
    Array.from({ length: count }, (_, line) => putLine(`${day} ${line}`, 'v'));
  await commandLine(argv, { input: lines('monday', 10) });
  for (const step of [undefined, ['checkpoint', store], ['compact', store], ['put', store, 'k', 'v']]) {
    if (step !== undefined) await run(...step);
    for (const [input, message] of [
      [lines('monday', 9), /it has 9 lines, of which 10 were taken/],
      [[], /it has 0 lines/],
      [lines('tuesday', 5), /it has 5 lines/],
      [lines('wednesday', 12), /line 10 is not the line 10/],
    ] as const) {
      const { exitCode, stdout, stderr } = await commandLine(argv, { input });
      t.is(exitCode, 8);
      t.is(stdout, '');
      const { error } = JSON.parse(stderr) as { error: { code: string; message: string } };
      t.is(error.code, 'SOURCE_MISMATCH');
      t.regex(error.message, message);
    }
  }
  t.is((await run('scan', store, '--count')).stdout, '11\n');
  const { sources } = JSON.parse((await run('stat', store, '--json')).stdout) as { sources: unknown };
  t.deepEqual(sources, { feed: '10' });
  t.like(await commandLine(argv, { input: lines('monday', 11) }), {
    exitCode: 0,
    stdout: '{"acknowledged":10}\n{"acknowledged":11}\n',
  });
});

test('a count without a digest, as earlier versions kept it, is held against the number of lines', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await run('create', store);
  const directory = await StateDirectory.open(store);
  await directory.commit(new Map([['feed', 2n]]));
  directory.close();
  const argv = ['put', store, '--batch', '-', '--source', 'feed', '--tsv'];
  t.is((await commandLine(argv, { input: ['a\t1\n'] })).exitCode, 8);
  t.is((await commandLine(argv, { input: ['a\t1\nb\t2\nc\t3\n'] })).exitCode, 0);
  t.is((await commandLine(argv, { input: ['a\t1\nb\t2\nd\t4\n'] })).exitCode, 8);
  t.is((await run('scan', store)).stdout, 'c\t3\n');
});

test('a count that a library writes leaves no digest of an earlier line behind', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const argv = ['put', store, '--batch', '-', '--source', 'feed', '--tsv'];
  await commandLine(argv, { input: ['a\t1\n'] });
  const directory = await StateDirectory.open(store);
  await directory.commit(new Map([['feed', 2n]]));
  directory.close();
  t.is((await commandLine(argv, { input: ['a\t1\nb\t2\nc\t3\n'] })).exitCode, 0);
});

test('the last line of a source that has no end yet is left for the next run', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const argv = ['put', store, '--batch', '-', '--source', 'log', '--tsv'];
  const first = await commandLine(argv, { input: ['a\t1\nb\t2'] });
  t.is(first.exitCode, 0);
  t.regex(first.stderr, /^statelog: line 2 has no line end yet, and is left for the next run[^\n]*\n$/);
  t.is((await commandLine(argv, { input: ['a\t1\nb\t23\n'] })).stderr, '');
  t.is((await run('scan', store)).stdout, 'a\t1\nb\t23\n');
  const without = ['put', store, '--batch', '-', '--tsv'];
  t.is((await commandLine(without, { input: ['c\t4'] })).exitCode, 0);
  t.is((await run('get', store, 'c')).stdout, '4');
});

test('a byte order mark is passed over, one of UTF-16 is named', async (t) => {
  const mark = '\ufeff';
  for (const [flags, line] of [
    [[], putLine('a', '1')],
    [['--tsv'], 'a\t1\n'],
  ] as const) {
    const store = path.join(tempDir(t), 'store');
    const argv = ['put', store, '--batch', '-', ...flags];
    t.is((await commandLine(argv, { input: [mark + line] })).exitCode, 0);
    t.is((await run('scan', store)).stdout, 'a\t1\n');
    for (const swap of [false, true]) {
      const wide = Buffer.from(mark + line, 'utf16le');
      const refused = await commandLine(argv, { input: [swap ? wide.swap16() : wide] });
      t.is(refused.exitCode, 2);
      t.regex(refused.stderr, /UTF-16/);
    }
  }
});

test('a fold log remembers no source', async (t) => {
  const store = path.join(tempDir(t), 'a.snap');
  const argv = ['put', store, '--batch', '-', '--source', 'orders'];
  t.is((await commandLine(argv, { input: [putLine('a', '1')] })).exitCode, 8);
  t.is((await run('scan', store, '--count')).stdout, '0\n');
});

test('a batch into a fold log moves the cursor once all of it is on disk', async (t) => {
  const store = path.join(tempDir(t), 'a.snap');
  const argv = ['put', store, '--batch', '-', '--cursor', '9'];
  t.is((await commandLine(argv, { input: [putLine('a', '1'), 'bad\n'] })).exitCode, 2);
  t.like(JSON.parse((await run('checkpoint', store, '--json')).stdout), { cursor: '' });
  t.is((await commandLine(argv, { input: [putLine('b', '1')] })).exitCode, 0);
  t.like(JSON.parse((await run('checkpoint', store, '--json')).stdout), { cursor: '9' });
});

test('flags of a single put and of a batch do not mix', async (t) => {
  const store = path.join(tempDir(t), 'store');
  for (const flags of [
    ['k', 'v', '--ack'],
    ['k', 'v', '--tsv'],
    ['k', 'v', '--source', 's'],
    ['--batch', '-', '--if-absent'],
    ['--batch', '-', '--if-value', 'v'],
    ['--batch', '-', '--file', 'f'],
    ['--batch', '-', '--revision', '1'],
  ]) {
    t.is((await run('put', store, ...flags)).exitCode, 2, flags.join(' '));
  }
});

const bytes = fc.uint8Array({ maxLength: 40 });

test('whatever bytes a store holds, what scan prints puts the same into another', async (t) => {
  const folder = tempDir(t);
  let number = 0;
  const formats = fc.constantFrom<string[]>(
    ['--json'],
    [],
    ['--json', '--encoding', 'hex'],
    ['--encoding', 'base64'],
  );
  const entries = fc.uniqueArray(fc.tuple(bytes, bytes), {
    maxLength: 12,
    selector: ([key]) => Buffer.from(key).toString('hex'),
  });
  await fc.assert(
    fc.asyncProperty(entries, formats, fc.integer({ min: 1, max: 3 }), async (pairs, format, cores) => {
      const one = path.join(folder, `one-${number}`);
      const other = path.join(folder, `other-${number++}`);
      await run('create', one, '--cores', String(cores));
      const input = pairs.map(([key, value]) => `${hex(key)}\t${hex(value)}\n`);
      const first = ['put', one, '--batch', '-', '--tsv', '--encoding', 'hex'];
      t.is((await commandLine(first, { input })).exitCode, 0);
      const printed = (await run('scan', one, ...format)).stdoutBytes;
      const encoding = format.filter((word) => word !== '--json');
      const tsv = format.includes('--json') ? [] : ['--tsv'];
      const second = ['put', other, '--batch', '-', ...encoding, ...tsv];
      t.is((await commandLine(second, { input: [printed] })).exitCode, 0);
      const expected = pairs.map(([key, value]) => `${hex(key)}\t${hex(value)}\n`).sort(byKey);
      t.is((await run('scan', other, '--encoding', 'hex')).stdout, expected.join(''));
    }),
    { numRuns: 60, verbose: true },
  );
});

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex');
}

/** Hex of keys sorts as their bytes do, if what ends first comes first. */
function byKey(one: string, other: string): number {
  const [a, b] = [one.slice(0, one.indexOf('\t')), other.slice(0, other.indexOf('\t'))];
  return a < b ? -1 : a > b ? 1 : 0;
}
