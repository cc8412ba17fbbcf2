import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

async function storeOf(folder: string, name: string): Promise<string> {
  const store = path.join(folder, name);
  const batch = ['a:1', 'a:2', 'b:1'].map((key) => `${key}\tvalue of ${key}\n`).join('');
  await commandLine(['put', store, '--tsv', '--batch', '-'], { input: [batch] });
  return store;
}

for (const name of ['store', 'fold.snap']) {
  test(`get --default stands in for a key that is not there: ${name}`, async (t) => {
    const store = await storeOf(tempDir(t), name);
    t.like(await commandLine(['get', store, 'none', '--default', 'x']), { exitCode: 0, stdout: 'x' });
    t.like(await commandLine(['get', store, 'none', '--default', '']), { exitCode: 0, stdout: '' });
    t.like(await commandLine(['get', store, 'b:1', '--default', 'x']), {
      exitCode: 0,
      stdout: 'value of b:1',
    });
    t.like(await commandLine(['get', store, 'none']), { exitCode: 1, stdout: '' });
  });

  test(`delete takes all keys with a prefix, and says before which: ${name}`, async (t) => {
    const store = await storeOf(tempDir(t), name);
    t.like(await commandLine(['delete', store, '--prefix', 'a:', '--dry-run']), {
      exitCode: 0,
      stdout: 'a:1\na:2\n',
    });
    t.like(await commandLine(['delete', store, 'b:1', 'none', '--dry-run']), {
      exitCode: 0,
      stdout: 'b:1\n',
    });
    t.is((await commandLine(['scan', store, '--count'])).stdout, '3\n');
    t.is((await commandLine(['delete', store, '--prefix', 'a:'])).exitCode, 0);
    t.is((await commandLine(['scan', store, '--keys-only'])).stdout, 'b:1\n');
    t.is((await commandLine(['delete', store, '--prefix', 'a:'])).exitCode, 1);
    t.is((await commandLine(['delete', store, '--prefix', 'a:', '--dry-run'])).exitCode, 1);
  });

  test(`delete --if-value leaves a key whose value is another: ${name}`, async (t) => {
    const store = await storeOf(tempDir(t), name);
    t.is((await commandLine(['delete', store, 'a:1', '--if-value', 'x'])).exitCode, 1);
    t.is((await commandLine(['delete', store, 'a:1', 'a:2', '--if-value', 'value of a:1'])).exitCode, 0);
    t.is((await commandLine(['scan', store, '--keys-only'])).stdout, 'a:2\nb:1\n');
  });
}

test('what contradicts itself is refused before anything is opened', async (t) => {
  for (const argv of [
    ['k', '--prefix', 'p'],
    ['--prefix', 'p', '--batch', '-'],
    ['--batch', '-', '--dry-run'],
    ['--batch', '-', '--if-value', 'v'],
  ])
    t.is((await commandLine(['delete', 'nothing-here', ...argv])).exitCode, 2);
});

test('a key may be the same word as a flag value, the store or another key', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  for (const key of ['5', store, 'a']) await commandLine(['put', store, key, 'v']);
  t.is(
    (await commandLine(['get', '--default', 'b', store, 'a', 'b', 'a', store])).stdout.split('\n').length,
    5,
  );
  t.is((await commandLine(['delete', '--wait', '5', store, '5'])).exitCode, 0);
  t.is((await commandLine(['scan', store, '--keys-only'])).stdout, `${store}\na\n`);
  t.is((await commandLine(['delete', '--if-value', 'a', store, 'a'])).exitCode, 1);
  t.is((await commandLine(['delete', store, store])).exitCode, 0);
  t.is((await commandLine(['scan', store, '--keys-only'])).stdout, 'a\n');
});
