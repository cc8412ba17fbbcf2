import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { temporaryPath } from '../../../src/engine/storage-io/whole/staged-paths.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

/* checkpoint and compact. */

const run = (...argv: string[]) => commandLine(argv);

test('a checkpoint folds the log, keeps as many as it was told to, and says where nothing is new', async (t) => {
  const store = path.join(tempDir(t), 'store');
  for (const value of ['1', '2', '3', '4']) {
    await run('put', store, 'k', value);
    const argv =
      value === '1' ? ['checkpoint', store, '--keep', '3', '--json'] : ['checkpoint', store, '--json'];
    const { stdout } = await run(...argv);
    t.deepEqual(JSON.parse(stdout), { epoch: value, keys: 1, changed: true });
  }
  t.deepEqual(readdirSync(path.join(store, 'checkpoints')).sort(), ['2', '3', '4']);
  t.is((await run('checkpoint', store)).stdout, 'epoch 4, 1 key, nothing new\n');
  t.is((await run('get', store, 'k', '--at', '2')).stdout, '2');
  t.is((await run('checkpoint', store, '--keep', '0')).exitCode, 2);
  t.is((await run('checkpoint', store, '--cursor', '1')).exitCode, 8);
  t.is((await run('checkpoint', `${store}-missing`)).exitCode, 6);
});

test('a checkpoint of a fold log writes its cursor, whose 64 bits are exact', async (t) => {
  const store = path.join(tempDir(t), 'a.snap');
  await run('put', store, 'k', 'v');
  const { stdout } = await run('checkpoint', store, '--cursor', '18446744073709551615');
  t.is(stdout, 'cursor 18446744073709551615, 1 key\n');
  t.is((await run('checkpoint', store)).stdout, stdout);
  t.is((await run('checkpoint', store, '--keep', '3')).exitCode, 8);
});

for (const name of ['store', 'store.snap']) {
  test(`compacting tells the bytes before and after, and about the same beforehand: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    const value = 'v'.repeat(50_000);
    for (let round = 0; round < 6; round++) {
      await run('put', store, 'k', `${round}${value}`);
      if (name === 'store') await run('checkpoint', store, '--keep', '1');
    }
    const forecast = JSON.parse((await run('compact', store, '--dry-run', '--json')).stdout) as Sizes;
    t.is((await run('get', store, 'k')).stdout, `5${value}`);
    const done = JSON.parse((await run('compact', store, '--json')).stdout) as Sizes;
    t.is(done.keys, 1);
    t.is(forecast.keys, 1);
    t.true(done.bytesAfter < 52_000, JSON.stringify(done));
    t.true(Math.abs(forecast.bytesAfter - done.bytesAfter) < 2_000, JSON.stringify([forecast, done]));
    t.is((await run('get', store, 'k')).stdout, `5${value}`);
    t.regex((await run('compact', store)).stdout, /^[\d.]+ KiB before, [\d.]+ KiB after, 1 key\n$/);
  });
}

interface Sizes {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly keys: number;
}

test('compacting removes what a crash left over', async (t) => {
  const store = path.join(tempDir(t), 'a.snap');
  await run('put', store, 'k', 'v');
  const leftover = temporaryPath(store);
  writeFileSync(leftover, 'half');
  t.is((await run('compact', store)).exitCode, 0);
  t.false(existsSync(leftover));
  t.is((await run('get', store, 'k')).stdout, 'v');
});
