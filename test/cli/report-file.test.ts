import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../support/command-line.js';
import { tempDir } from '../support/temp-dir.js';

/* `--report FILE`: nothing that a user names is destroyed. */

async function stores(folder: string): Promise<{ readonly store: string; readonly log: string }> {
  const store = path.join(folder, 'store');
  const log = path.join(folder, 'log.snap');
  for (const one of [store, log]) await commandLine(['put', one, 'a', '1']);
  return { store, log };
}

test('what is exported, what is in it, and whatever else is ours is not written over', async (t) => {
  const folder = tempDir(t);
  const { store, log } = await stores(folder);
  const other = path.join(folder, 'other');
  await commandLine(['put', other, 'a', '1']);
  const artifact = path.join(folder, 'artifact');
  await commandLine(['export', store, artifact]);
  const link = (name: string, target: string): string => {
    symlinkSync(target, path.join(folder, name));
    return path.join(folder, name);
  };
  for (const report of [
    link('to-manifest', path.join(other, 'MANIFEST.json')),
    link('to-artifact', path.join(artifact, 'MANIFEST.json')),
    path.join(link('to-folder', path.join(other, 'checkpoints')), 'new'),
    log,
    path.join(store, 'MANIFEST.json'),
    path.join(store, 'wal/1/wal-0.log'),
    path.join(store, 'new'),
    path.join(other, 'LOCK'),
    path.join(other, 'new'),
    path.join(artifact, 'MANIFEST.json'),
    path.join(artifact, 'data', 'new'),
  ]) {
    const before = existsSync(report) ? readFileSync(report) : undefined;
    const { exitCode } = await commandLine([
      'export',
      store,
      path.join(folder, 'new.tar'),
      '--report',
      report,
    ]);
    t.is(exitCode, 8, report);
    t.deepEqual(existsSync(report) ? readFileSync(report) : undefined, before);
    t.false(existsSync(path.join(folder, 'new.tar')), 'it is refused before any work');
  }
  const self = await commandLine(['export', log, path.join(folder, 'new.tar'), '--report', log]);
  t.is(self.exitCode, 8);
  t.is((await commandLine(['get', log, 'a'])).stdout, '1');
});

test('a report named as the export itself is refused, and the export is whole', async (t) => {
  const folder = tempDir(t);
  const { store } = await stores(folder);
  const tar = path.join(folder, 'same.tar');
  t.is((await commandLine(['export', store, tar, '--report', tar])).exitCode, 8);
  t.is((await commandLine(['verify', tar, '-q'])).exitCode, 0);
});

test('a link is followed, a FIFO stays one and gets the report, a folder and a missing one are named', async (t) => {
  const folder = tempDir(t);
  const { store } = await stores(folder);
  const at = (name: string): string => path.join(folder, name);
  writeFileSync(at('real'), 'old');
  symlinkSync(at('real'), at('link'));
  t.is((await commandLine(['export', store, at('1.tar'), '--report', at('link')])).exitCode, 0);
  t.is(readlinkSync(at('link')), at('real'));
  t.like(JSON.parse(readFileSync(at('real'), 'utf8')), { keys: 1 });

  execFileSync('mkfifo', [at('fifo')]);
  const { exitCode } = await commandLine(['export', store, at('2.tar'), '--report', at('fifo')]);
  t.is(exitCode, 6, 'nobody reads it');
  t.true(lstatSync(at('fifo')).isFIFO());

  t.is((await commandLine(['export', store, at('4.tar'), '--report', folder])).exitCode, 6);
  t.is((await commandLine(['export', store, at('4.tar'), '--report', at('none/report')])).exitCode, 6);
  t.false(existsSync(at('4.tar')));
});
