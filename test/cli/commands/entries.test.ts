import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

/* create, put, get and delete of single keys, on both kinds of store. */

const run = (...argv: string[]) => commandLine(argv);

for (const name of ['store', 'store.snap']) {
  test(`a value is there once put has returned, and gone once delete has: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    t.like(await run('put', store, 'k', 'v\tw'), { exitCode: 0, stdout: '', stderr: '' });
    t.like(await run('get', store, 'k'), { exitCode: 0, stdout: 'v\tw', stderr: '' });
    t.like(await run('delete', store, 'other', 'k'), { exitCode: 0, stdout: '', stderr: '' });
    t.like(await run('get', store, 'k'), { exitCode: 1, stdout: '', stderr: '' });
    t.like(await run('delete', store, 'k'), { exitCode: 1, stdout: '', stderr: '' });
  });

  test(`a key that is not there is 1, and says nothing, with --json too: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    await run('create', store);
    t.like(await run('get', store, 'k', '--json'), { exitCode: 1, stdout: '', stderr: '' });
  });

  test(`an empty value is a value: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    t.is((await run('put', store, 'k', '')).exitCode, 0);
    t.like(await run('get', store, 'k'), { exitCode: 0, stdout: '' });
  });

  test(`a condition that does not hold is 1, and changes nothing: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    t.like(await run('put', store, 'k', '1', '--if-value', '0'), { exitCode: 1, stderr: '' });
    t.false(existsSync(store), 'a store is not made for a condition that it could not meet');
    t.is((await run('put', store, 'k', '1', '--if-absent')).exitCode, 0);
    t.like(await run('put', store, 'k', '2', '--if-absent'), { exitCode: 1, stdout: '', stderr: '' });
    t.is((await run('put', store, 'k', '3', '--if-value', '2')).exitCode, 1);
    t.is((await run('get', store, 'k')).stdout, '1');
    t.is((await run('put', store, 'k', '3', '--if-value', '1')).exitCode, 0);
    t.is((await run('get', store, 'k')).stdout, '3');
  });

  test(`a value of any bytes comes from a file or standard input, and out as it was: ${name}`, async (t) => {
    const folder = tempDir(t);
    const store = path.join(folder, name);
    const value = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) & 0xff);
    writeFileSync(path.join(folder, 'value'), value);
    t.is((await run('put', store, 'file', '--file', path.join(folder, 'value'))).exitCode, 0);
    t.deepEqual(Buffer.from((await run('get', store, 'file')).stdoutBytes), Buffer.from(value));
    const piped = await commandLine(['put', store, 'piped', '--file', '-'], {
      input: [value.subarray(0, 9), value.subarray(9)],
    });
    t.is(piped.exitCode, 0);
    t.deepEqual(Buffer.from((await run('get', store, 'piped')).stdoutBytes), Buffer.from(value));
    t.is((await commandLine(['put', store, 'short', '-'], { input: [value] })).exitCode, 0);
    t.deepEqual(Buffer.from((await run('get', store, 'short')).stdoutBytes), Buffer.from(value));
  });

  test(`a count goes up and down by --increment, and what is no count stays: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    t.like(await run('put', store, 'n', '--increment', '5'), { exitCode: 0, stdout: '5\n' });
    t.like(await run('put', store, 'n', '--increment', '-7', '--json'), {
      exitCode: 0,
      stdout: '{"value":"-2"}\n',
    });
    t.is((await run('get', store, 'n')).stdout, '-2');
    await run('put', store, 'word', 'v');
    t.like(await run('put', store, 'word', '--increment', '1'), { exitCode: 8, stdout: '' });
    t.is((await run('get', store, 'word')).stdout, 'v');
    t.is((await run('put', store, 'n', '1', '--increment', '1')).exitCode, 2);
    await run('put', store, 'n', '9223372036854775807');
    t.is((await run('put', store, 'n', '--increment', '1')).exitCode, 8);
  });

  test(`a store that is there is not made again: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    t.is((await run('create', store)).exitCode, 0);
    t.is((await run('create', store)).exitCode, 8);
    t.is((await run('scan', store, '--count')).stdout, '0\n');
  });

  test(`nothing is made with --no-create, nor where the call is wrong: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    t.is((await run('put', store, 'k', 'v', '--no-create')).exitCode, 6);
    t.is((await run('put', store, 'k')).exitCode, 2);
    t.is((await run('put', store, 'k', 'v', '--file', '-')).exitCode, 2);
    t.is((await run('put', store, 'k', 'v', '--batch', '-')).exitCode, 2);
    t.is((await run('put', store, 'k', '--file', `${store}.missing`)).exitCode, 6);
    t.is((await run('delete', store, 'k')).exitCode, 6);
    t.is((await run('get', store, 'k')).exitCode, 6);
    t.false(existsSync(store));
  });
}

test('the kind is told by --kind, and by the name where there is none', async (t) => {
  const folder = tempDir(t);
  const kindOf = async (...argv: string[]): Promise<string> => {
    const { stdout } = await run('create', ...argv, '--json');
    return (JSON.parse(stdout) as { kind: string }).kind;
  };
  t.is(await kindOf(path.join(folder, 'a')), 'directory');
  t.is(await kindOf(path.join(folder, 'b.snap')), 'log');
  t.is(await kindOf(path.join(folder, 'c.snap'), '--kind', 'directory'), 'directory');
  t.is(await kindOf(path.join(folder, 'd'), '--kind', 'log'), 'log');
  t.is((await run('create', path.join(folder, 'e'), '--kind', 'log', '--cores', '2')).exitCode, 2);
  t.is((await run('create', path.join(folder, 'e'), '--cores', '0')).exitCode, 2);
});

test('a fold log keeps the revision of a put, and its cursor stays unless one is given', async (t) => {
  const store = path.join(tempDir(t), 'a.snap');
  await run('put', store, 'a', '1', '--revision', '5', '--cursor', '16');
  await run('put', store, 'b', '2');
  t.is(
    (await run('scan', store, '--json')).stdout,
    '{"key":"a","value":"1","version":"0000000000000005","revision":"5"}\n{"key":"b","value":"2"}\n{"cursor":"16"}\n',
  );
  const { stdout } = await run('checkpoint', store, '--json');
  t.like(JSON.parse(stdout), { cursor: '16', keys: 2 });
});

test('a state directory takes no revision and no cursor', async (t) => {
  const store = path.join(tempDir(t), 'a');
  t.is((await run('put', store, 'k', 'v', '--revision', '5')).exitCode, 6);
  t.false(existsSync(store));
  await run('create', store);
  t.is((await run('put', store, 'k', 'v', '--revision', '5')).exitCode, 8);
  t.is((await run('put', store, 'k', 'v', '--cursor', '5')).exitCode, 8);
  t.is((await run('scan', store, '--count')).stdout, '0\n');
});

test('a fold log refuses a key that is not UTF-8, and says what takes it', async (t) => {
  const store = path.join(tempDir(t), 'a.snap');
  const { exitCode, stderr } = await run('put', store, 'ff', '00', '--encoding', 'hex');
  t.is(exitCode, 8);
  t.regex(stderr, /state directory/);
});

test('a key and a value may be given in hex and base64, and begin with a dash', async (t) => {
  const store = path.join(tempDir(t), 'a');
  t.is(
    (await run('put', store, '00ff', 'AQI=', '--key-encoding', 'hex', '--value-encoding', 'base64')).exitCode,
    0,
  );
  t.is((await run('put', store, '--', '-k', '-v')).exitCode, 0);
  t.deepEqual([...(await run('get', store, '00ff', '--key-encoding', 'hex')).stdoutBytes], [1, 2]);
  t.is((await run('get', store, '--', '-k')).stdout, '-v');
  t.is(
    (await run('get', store, '00ff', '--key-encoding', 'hex', '--json')).stdout,
    '{"key":"00ff","value":"\\u0001\\u0002"}\n',
  );
  t.is((await run('get', store, '0', '--encoding', 'hex')).exitCode, 2);
  t.is((await run('get', store, 'a\ufffd')).exitCode, 2);
});

test('what is no store is 7, and what is only read is refused with 8', async (t) => {
  const folder = tempDir(t);
  const text = path.join(folder, 'notes.txt');
  writeFileSync(text, 'a text\n');
  for (const argv of [
    ['get', text, 'k'],
    ['put', text, 'k', 'v'],
    ['scan', folder],
    ['put', folder, 'k', 'v'],
    ['checkpoint', text],
    ['compact', text],
  ]) {
    t.is((await run(...argv)).exitCode, 7, argv.join(' '));
  }
  const wal = path.join(folder, 'wal');
  const { mkdirSync } = await import('node:fs');
  mkdirSync(wal);
  writeFileSync(path.join(wal, 'wal-0.log'), '');
  t.like(await run('scan', wal), { exitCode: 0, stdout: '' });
  const refused = await run('put', wal, 'k', 'v');
  t.is(refused.exitCode, 8);
  t.regex(refused.stderr, /statelog import/);
});
