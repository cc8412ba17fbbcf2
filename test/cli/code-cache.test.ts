import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { bundleProgram } from '../../scripts/bundle-program.mjs';
import { makeCodeCaches } from '../../scripts/code-cache.mjs';
import { isBuilt } from '../support/program.js';
import { projectRoot } from '../support/project-root.js';
import { tempDir } from '../support/temp-dir.js';

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 0x10;
  return copy;
}

test('the program runs with what V8 kept of it, with that damaged, and without', async (t) => {
  const folder = tempDir(t);
  const dist = path.join(folder, 'dist');
  mkdirSync(path.join(folder, 'bin'));
  if (!isBuilt()) mkdirSync(dist);
  for (const name of ['run.js', 'package.json']) {
    copyFileSync(path.join(projectRoot, 'bin', name), path.join(folder, 'bin', name));
  }
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
  if (isBuilt()) cpSync(path.join(projectRoot, 'dist'), dist, { recursive: true });
  else {
    await bundleProgram(dist);
    makeCodeCaches(dist);
  }
  const run = (...argv: string[]) =>
    spawnSync(process.execPath, [path.join(folder, 'bin', 'run.js'), ...argv], { encoding: 'utf8' });
  const store = path.join(folder, 'store');
  const log = path.join(folder, 'log.snap');
  const caches = path.join(dist, 'code-cache', 'cli.cjs');
  t.true(readdirSync(caches).includes('get'));
  t.true(readdirSync(path.join(dist, 'code-cache', 'cli-rest.cjs')).includes('get'));

  t.is(run('put', store, 'key', 'value').status, 0);
  t.like(run('get', store, 'key'), { status: 0, stdout: 'value', stderr: '' });
  t.is(run('get', store, 'none').status, 1);
  t.is(run('get').status, 2);

  // Commands that have no cache of their own share one.
  t.true(readdirSync(caches).includes('others'));
  t.is(run('checkpoint', store).status, 0);
  t.is(run('export', store, path.join(folder, 'exported')).status, 0);
  t.regex(run('--help').stdout, /checkpoint/);

  t.is(run('put', log, 'key', 'logged').status, 0);
  t.like(run('get', log, 'key'), { status: 0, stdout: 'logged', stderr: '' });

  const cache = readFileSync(path.join(caches, 'get'));
  for (const damaged of [
    flipped(cache, 0),
    flipped(cache, cache.length >>> 1),
    flipped(cache, cache.length - 1),
    cache.subarray(0, 100),
    Buffer.alloc(2),
  ]) {
    writeFileSync(path.join(caches, 'get'), damaged);
    t.like(run('get', store, 'key'), { status: 0, stdout: 'value', stderr: '' });
  }

  writeFileSync(path.join(caches, 'get'), cache);

  // The program that the caches belong to lies beside them; half of an update leaves caches of one with the program of another.
  const kept = readFileSync(path.join(caches, 'program'));
  for (const damaged of [flipped(kept, 0), flipped(kept, kept.length - 1), kept.subarray(0, 20)]) {
    writeFileSync(path.join(caches, 'program'), damaged);
    t.like(run('get', store, 'key'), { status: 0, stdout: 'value', stderr: '' });
  }
  writeFileSync(path.join(caches, 'program'), kept);

  // Of the same length: V8 looks at no more than that.
  const program = path.join(dist, 'cli-rest.cjs');
  const text = readFileSync(program, 'latin1');
  t.regex(run('stat', store).stdout, /^fragmentation\t/m);
  writeFileSync(program, text.replaceAll('"fragmentation"', '"particularity"'), 'latin1');
  t.regex(run('stat', store).stdout, /^particularity\t/m);
  writeFileSync(program, text, 'latin1');

  renameSync(caches, path.join(folder, 'elsewhere'));
  t.like(run('get', store, 'key'), { status: 0, stdout: 'value', stderr: '' });
});
