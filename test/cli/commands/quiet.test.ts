import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { COMMANDS } from '../../../src/commands/index.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

/** Command lines that say something where they succeed, by command; `{}` stands for a folder with all they speak of. */
const SAYING: Readonly<Record<string, readonly string[]>> = {
  checkpoint: ['{}/store'],
  compact: ['{}/store'],
  delete: ['{}/store', '--batch', '{}/bad.ndjson', '--skip-bad'],
  diff: ['{}/store', '{}/fold.snap'],
  export: ['{}/store', '{}/exported'],
  import: ['{}/artifact', '{}/imported'],
  prune: ['file://{}/bucket/key', '--grace', '0s'],
  put: ['{}/store', '--batch', '{}/bad.ndjson', '--skip-bad'],
  repair: ['{}/store', '--into', '{}/repaired'],
  replicate: ['{}/store', 'file://{}/replica/key'],
  rescue: ['{}/store', '--into', '{}/rescued'],
  source: ['reset', '{}/store'],
  verify: ['{}/store'],
  'wal-replay': ['{}/plain', '--into', '{}/replayed', '--onto-existing'],
  watch: ['{}/store', '--limit', '1', '--exec', 'true'],
};

/** Those that print what they were asked for, and say nothing besides; and those that speak of a server. */
const SILENT = ['completion', 'create', 'get', 'list', 'scan', 'session', 'stat', 'status', 'wait'];
const OF_SERVERS = ['inspect', 'pull', 'push'];

test('every command that says something where it succeeds says nothing with --quiet', async (t) => {
  const others = [...SILENT, ...OF_SERVERS];
  t.deepEqual(
    Object.keys(COMMANDS)
      .filter((name) => !others.includes(name))
      .sort(),
    Object.keys(SAYING).sort(),
  );
  const base = path.join(tempDir(t), 'base');
  await commandLine(['put', `${base}/store`, '--batch', '-', '--source', 'feed'], {
    input: ['{"key":"a","value":"1"}\n{"key":"b","value":"2"}\n'],
  });
  await commandLine(['put', `${base}/fold.snap`, 'a', '1']);
  await commandLine(['put', `${base}/plain`, 'a', '1']);
  await commandLine(['export', `${base}/store`, `${base}/artifact`]);
  await commandLine(['export', `${base}/store`, `file://${base}/bucket/key`]);
  await commandLine(['create', `${base}/replayed`]);
  writeFileSync(`${base}/bad.ndjson`, '{"key":"a","value":"1"}\nnot json\n');
  for (const [name, argv] of Object.entries(SAYING)) {
    const said = await Promise.all(
      [[], ['-q'], ['--quiet', '--json']].map(async (flags, index) => {
        const folder = path.join(path.dirname(base), `${name}-${index}`);
        cpSync(base, folder, { recursive: true });
        return commandLine([name, ...argv.map((word) => word.replace('{}', folder)), ...flags]);
      }),
    );
    const [loud, ...quiet] = said;
    t.true(loud!.stdout.length + loud!.stderr.length > 0, name);
    for (const { exitCode, stdout, stderr } of quiet) {
      t.is(stdout + stderr, '', name);
      t.is(exitCode, loud!.exitCode, name);
    }
  }
});

test('an export that is a stream is written with --quiet, too, and a failure is said', async (t) => {
  const folder = tempDir(t);
  await commandLine(['put', `${folder}/store`, 'a', '1']);
  const { stdout, stderr } = await commandLine(['export', `${folder}/store`, '-', '--as', 'ndjson', '-q']);
  t.regex(stdout, /"key":"a"/);
  t.is(stderr, '');
  const failed = await commandLine(['checkpoint', `${folder}/none`, '-q']);
  t.is(failed.exitCode, 6);
  t.regex(failed.stderr, /^statelog: /);
});

test('sources are listed, and start anew where they are reset', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const put = (source: string, input: string) =>
    commandLine(['put', store, '--batch', '-', '--tsv', '--source', source], { input: [input] });
  await put('b', 'k\t1\nl\t2\n');
  await put('a', 'm\t1\n');
  t.is((await put('a', 'other\t1\n')).exitCode, 8);
  const list = async (...argv: string[]) => commandLine(['source', 'list', store, ...argv]);
  t.like(await list(), { exitCode: 0, stdout: 'a\t1\nb\t2\n' });
  t.like(await list('b', '--json'), { exitCode: 0, stdout: '{"source":"b","lines":"2"}\n' });
  t.like(await list('c'), { exitCode: 1, stdout: '', stderr: '' });
  t.like(await commandLine(['source', 'reset', store, 'c']), { exitCode: 1, stdout: '' });
  t.like(await commandLine(['source', 'reset', store, 'a']), { exitCode: 0, stdout: '1 source reset: a\n' });
  t.like(await list(), { stdout: 'b\t2\n' });
  t.is((await put('a', 'other\t1\n')).exitCode, 0);
  await commandLine(['checkpoint', store]);
  t.like(await commandLine(['source', 'reset', store, '--json']), { stdout: '{"reset":["a","b"]}\n' });
  t.like(await list(), { exitCode: 0, stdout: '' });
  t.is((await commandLine(['scan', store, '--count'])).stdout, '4\n');
  await commandLine(['put', `${store}.snap`, 'a', '1']);
  for (const action of ['list', 'reset'])
    t.is((await commandLine(['source', action, `${store}.snap`])).exitCode, 8);
  for (const argv of [[], ['list'], ['show', store], ['list', store, ''], ['list', '']])
    t.is((await commandLine(['source', ...argv])).exitCode, 2, argv.join(' '));
});
