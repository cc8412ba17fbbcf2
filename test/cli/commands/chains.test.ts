import test, { type ExecutionContext } from 'ava';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

interface Place {
  readonly folder: string;
  readonly url: string;
  readonly store: string;
  readonly run: (...argv: string[]) => Promise<string>;
  /** Puts an order, and closes the epoch behind it. */
  readonly put: (key: string, value: string) => Promise<void>;
}

function place(t: ExecutionContext): Place {
  const folder = tempDir(t);
  const store = path.join(folder, 'orders');
  const run = async (...argv: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await commandLine(argv);
    t.is(exitCode, 0, `${argv.join(' ')}: ${stderr}`);
    return stdout;
  };
  const put = async (key: string, value: string): Promise<void> => {
    await run('put', store, key, value);
    await run('checkpoint', store);
  };
  return { folder, store, run, put, url: pathToFileURL(path.join(folder, 'bucket', 'edge', 'orders')).href };
}

/** A whole snapshot at 1, and increments to 2 and 3, the last one within an open epoch. */
async function chain(t: ExecutionContext): Promise<Place> {
  const made = place(t);
  const { run, put, store, url } = made;
  await put('a', '1');
  await run('export', store, url);
  await put('b', '2');
  await run('export', store, url, '--since', '1');
  await run('delete', store, 'a');
  await run('export', store, url, '--since', 'last');
  return made;
}

const refused = async (
  t: ExecutionContext,
  exitCode: number,
  said: RegExp,
  ...argv: string[]
): Promise<void> => {
  const result = await commandLine(argv);
  t.is(result.exitCode, exitCode, result.stderr);
  t.regex(result.stderr, said);
};

test('increments are added to what a URL keeps, and every command that reads it sees the newest moment', async (t) => {
  const { run, store, url, folder } = await chain(t);
  t.is(await run('diff', store, url), '');
  t.is(await run('scan', url), 'b\t2\n');
  t.is(await run('get', url, 'b'), '2');
  t.regex(await run('verify', url), /: good/);
  t.regex(await run('stat', url, '--digest'), /^keys\t1$/m);
  const copy = path.join(folder, 'copy');
  await run('import', url, copy);
  t.is(await run('diff', store, copy), '');
  await run('import', url, path.join(folder, 'dry'), '--dry-run');
  const report = JSON.parse(await run('export', store, url, '--since', 'last', '--json')) as object;
  t.like(report, { since: '2+1', puts: 0, deletes: 0, increment: null, keys: 1 });
});

test('list --chain shows each moment, and --at restores it', async (t) => {
  const { run, url, folder } = await chain(t);
  const lines = (await run('list', url, '--chain')).trimEnd().split('\n');
  t.deepEqual(
    lines.map((line) => line.split('\t').filter((_, index) => [1, 2, 5].includes(index))),
    [
      ['full', '1', '-'],
      ['increment', '2', '1'],
      ['increment', '2+1', '2'],
    ],
  );
  const json = (await run('list', url, '--chain', '--json')).trimEnd().split('\n');
  t.like(JSON.parse(json[2]!), { key: 'orders', position: '2+1', standsOn: '2', puts: 0, deletes: 1 });
  t.regex(await run('list', url), /\t1\t2\n$/);
  for (const [at, content] of [
    ['1', 'a\t1\n'],
    ['2', 'a\t1\nb\t2\n'],
    ['2+1', 'b\t2\n'],
  ] as const) {
    const copy = path.join(folder, `at-${at}`);
    await run('import', url, copy, '--at', at);
    t.is(await run('scan', copy), content);
  }
  await refused(t, 6, /no moment 7 is kept there/, 'import', url, path.join(folder, 'no'), '--at', '7');
  await refused(
    t,
    2,
    /only a URL keeps/,
    'import',
    path.join(folder, 'at-1'),
    path.join(folder, 'no'),
    '--at',
    '1',
  );
  t.false(readdirSync(folder).includes('no'));
});

test('what does not go on from the end of the chain is refused with both positions', async (t) => {
  const { run, store, url, folder } = await chain(t);
  await refused(t, 8, /ends at 2\+1, not at 1/, 'export', store, url, '--since', '1');
  await refused(t, 2, /epoch 1 lies before 2\+1/, 'export', store, url, '--since', 'last', '--at', '1');
  await refused(t, 2, /epoch 2 lies before 2\+1/, 'export', store, url, '--since', 'last', '--at', '2');
  const other = path.join(folder, 'other');
  await run('put', other, 'x', 'y');
  await refused(t, 8, /another store/, 'export', other, url, '--since', 'last');
  await refused(t, 6, /no snapshot is published there/, 'export', store, `${url}2`, '--since', 'last');
  await refused(t, 2, /leave out --as/, 'export', store, url, '--since', 'last', '--as', 'ndjson');
  const [payload] = readdirSync(path.join(folder, 'bucket/edge/orders.increments'));
  rmSync(path.join(folder, 'bucket/edge/orders.increments', payload!, '000001.ndjson'));
  await refused(t, 8, /stands at 1, and the increment starts at 2/, 'import', url, path.join(folder, 'no'));
  await refused(t, 8, /stands at 1, and the increment starts at 2/, 'get', url, 'a');
});

test('prune removes snapshots with all that stands on them, and keeps what the newest moment needs', async (t) => {
  const { run, store, url, put, folder } = await chain(t);
  await run('export', store, url);
  await put('d', '4');
  await run('export', store, url, '--since', 'last');
  const json = JSON.parse(await run('prune', url, '--grace', '0s', '--json')) as object;
  t.like(json, { increments: 3, kept: 1 });
  t.is(readdirSync(path.join(folder, 'bucket/edge/orders.increments')).length, 1, 'no empty folder is left');
  t.is(await run('diff', store, url), '');
  await refused(t, 6, /no moment 2 is kept/, 'import', url, path.join(folder, 'no'), '--at', '2');
});

test('a fold goes to a URL by increments, up to its cursor', async (t) => {
  const { run, url, folder } = place(t);
  const fold = path.join(folder, 'fold.snap');
  await run('put', fold, 'a', '1', '--revision', '1', '--cursor', '1');
  await run('export', fold, url);
  await run('put', fold, 'b', '2', '--revision', '2', '--cursor', '2');
  await run('export', fold, url, '--since', '1');
  await run('delete', fold, 'a');
  await run('checkpoint', fold, '--cursor', '3');
  await run('export', fold, url, '--since', 'last');
  for (const [at, content] of [
    ['1', 'a\t1\n'],
    ['2', 'a\t1\nb\t2\n'],
    ['3', 'b\t2\n'],
  ] as const) {
    const copy = path.join(folder, `at-${at}.snap`);
    await run('import', url, copy, '--at', at);
    t.is(await run('scan', copy), content);
    t.regex(await run('stat', copy), new RegExp(`^cursor\t${at}$`, 'm'));
  }
});
