import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine, type CommandLineResult } from '../../support/command-line.js';
import { programFile } from '../../support/program.js';
import { tempDir } from '../../support/temp-dir.js';

let program = '';

test.before(async () => {
  program = await programFile();
});

const run = (...argv: string[]) => commandLine(argv);
const places = (t: ExecutionContext): string[] =>
  ['store', 'fold.snap'].map((name) => path.join(tempDir(t), name));

/** Starts a watch, and waits until it says that it watches. */
async function startWatch(
  store: string,
  ...flags: string[]
): Promise<{ readonly ended: Promise<CommandLineResult> }> {
  let ended: Promise<CommandLineResult> | undefined;
  await new Promise<void>((resolve, reject) => {
    ended = commandLine(['watch', store, ...flags], {
      onError: () => {
        resolve();
      },
    });
    ended.catch(reject);
  });
  return { ended: ended! };
}

async function puts(store: string, ...entries: readonly (readonly [string, string])[]): Promise<void> {
  for (const [key, value] of entries) await run('put', store, key, value);
}

test('watch tells what is there, and then what changes', async (t) => {
  for (const store of places(t)) {
    await puts(store, ['b', '1'], ['a', '2']);
    if (!store.endsWith('.snap')) await run('checkpoint', store);
    const watching = await startWatch(store, '--limit', '5');
    await puts(store, ['c', 'x\ty'], ['a', '3']);
    await run('compact', store);
    await run('delete', store, 'b');
    const { exitCode, stdout, stderr } = await watching.ended;
    t.is(exitCode, 0);
    t.is(stdout, 'put\ta\t2\nput\tb\t1\nput\tc\tx\\ty\nput\ta\t3\ndelete\tb\n');
    t.is(stderr, 'statelog: watching; Ctrl-C ends it\n');
  }
});

test('watch takes a prefix, and says with --json where each change stands', async (t) => {
  const [store, fold] = places(t) as [string, string];
  await puts(store, ['x', '1'], ['k/1', 'secret']);
  const { stdout, stderr } = await run('watch', store, '--prefix', 'k/', '--limit', '1', '--json');
  t.is(stderr, '');
  const line = JSON.parse(stdout) as Record<string, unknown>;
  t.like(line, { op: 'put', key: 'k/1', value: 'secret', coreId: 0, epoch: '1', sequence: '1' });
  t.regex(String(line['timestampNs']), /^\d+$/);
  const redacted = await run('watch', store, '--prefix', 'k/', '--limit', '1', '--json', '--redact');
  t.notRegex(redacted.stdout, /secret/);
  t.like(JSON.parse(redacted.stdout), { valueBytes: 6 });

  await run('put', fold, 'a', '1', '--revision', '7', '--cursor', '9');
  t.is(
    (await run('watch', fold, '--limit', '2', '--json')).stdout,
    '{"op":"put","key":"a","value":"1","version":"0000000000000007","revision":"7"}\n{"op":"cursor","cursor":"9"}\n',
  );
});

test('what a watch of a fold prints makes another fold the same', async (t) => {
  const [, fold] = places(t) as [string, string];
  await run('put', fold, 'a', '1', '--revision', '7', '--cursor', '9');
  await run('delete', fold, 'a');
  await run('put', fold, 'b', '2', '--revision', '8', '--cursor', '10');
  const { stdout } = await run('watch', fold, '--limit', '2', '--json');
  const copy = `${fold}.copy.snap`;
  t.is((await commandLine(['put', copy, '--batch', '-'], { input: [stdout] })).exitCode, 0);
  t.like(await run('diff', fold, copy), { exitCode: 0 });
  t.is((JSON.parse((await run('stat', copy, '--json')).stdout) as { cursor: string }).cursor, '10');
});

test('a store may be made, and replaced, while it is watched', async (t) => {
  const [store] = places(t) as [string];
  const log = `${store}.log`;
  writeFileSync(log, '');
  const told = (): string => readFileSync(log, 'utf8');
  const command = `echo "$STATELOG_OP $STATELOG_KEY $(cat)" >> '${log}'`;
  const watching = await startWatch(store, '--from-now', '--limit', '4', '--exec', command);
  await puts(store, ['a', '1'], ['b', '2']);
  const other = `${store}.other`;
  await puts(other, ['c', '3']);
  // What is replaced unread is gone.
  while (told() !== 'put a 1\nput b 2\n') await new Promise((resolve) => setImmediate(resolve));
  renameSync(store, `${store}.old`);
  renameSync(other, store);
  t.is((await watching.ended).exitCode, 0);
  t.is(told(), 'put a 1\nput b 2\nreplaced  \nput c 3\n');
});

test('--exec runs a command for each change, one after the other, and says where it fails', async (t) => {
  for (const store of places(t)) {
    const log = `${store}.log`;
    await puts(store, ['a', 'value'], ["it's", '$(no)'], ['gone', '']);
    await run('delete', store, 'gone');
    const command = `printf '%s %s ' "$STATELOG_OP" "$STATELOG_KEY" >> '${log}'; cat >> '${log}'; echo >> '${log}'; sleep 0.02; test "$STATELOG_KEY" != a`;
    const isFold = store.endsWith('.snap');
    const { exitCode, stdout, stderr } = await run(
      'watch',
      store,
      '--limit',
      isFold ? '2' : '4',
      '--exec',
      command,
      '-q',
    );
    t.is(exitCode, 1);
    t.is(stdout, '');
    t.is(stderr, 'statelog: the command ended with 1 for the key a\n');
    const lines = readFileSync(log, 'utf8');
    t.is(lines, `put a value\nput it's $(no)\n${isFold ? '' : 'put gone \ndelete gone \n'}`);
  }
});

test('a key that no variable can hold comes in base64', async (t) => {
  const [store] = places(t) as [string];
  await run('put', store, '00ff', '31', '--encoding', 'hex');
  const log = `${store}.log`;
  await run(
    'watch',
    store,
    '--limit',
    '1',
    '--exec',
    `echo "$STATELOG_KEY,$STATELOG_KEY_BASE64,$STATELOG_EPOCH" > '${log}'`,
  );
  t.is(readFileSync(log, 'utf8'), ',AP8=,1\n');
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends a watch, and what it runs, by that signal`, async (t) => {
    const [store] = places(t) as [string];
    await puts(store, ['a', '1']);
    for (const flags of [[], ['--exec', 'echo started; exec sleep 600']]) {
      const child = spawn(process.execPath, [program, 'watch', store, ...flags]);
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      await once(child.stdout, 'data');
      const ended = once(child, 'close');
      child.kill(signal);
      t.deepEqual(await ended, [null, signal]);
      t.is(errors, 'statelog: watching; Ctrl-C ends it\n');
    }
  });
}

test('wait ends with 0 when it is so, and with 1 when the time is up', async (t) => {
  for (const store of places(t)) {
    await puts(store, ['a', 'old'], ['a', '1']);
    const silent = (exitCode: number): Partial<CommandLineResult> => ({ exitCode, stdout: '', stderr: '' });
    t.like(await run('wait', store, 'a'), silent(0));
    t.like(await run('wait', store, 'a', '--value', '1', '--timeout', '0'), silent(0));
    t.like(
      await run('wait', store, 'a', '--value', 'old', '--timeout', '0.05'),
      silent(1),
      'it was so earlier',
    );
    t.like(await run('wait', store, 'b', '--timeout', '0'), silent(1));
    const waiting = run('wait', store, 'b', '--value', '62', '--encoding', 'utf8');
    await puts(store, ['b', 'x'], ['b', '62']);
    t.like(await waiting, silent(0));
    await run('delete', store, 'b');
    t.like(await run('wait', store, 'b', '--timeout', '0.05'), silent(1));
  }
});

test('wait waits for a store that is made later, but not for its folder', async (t) => {
  for (const store of places(t)) {
    t.like(await run('wait', store, 'a', '--timeout', '0.02'), { exitCode: 1 });
    const waiting = run('wait', store, 'a');
    await puts(store, ['b', '1'], ['a', '1']);
    t.like(await waiting, { exitCode: 0 });
    t.is((await run('wait', `${store}-none/store`, 'a', '--timeout', '0')).exitCode, 6);
    t.is((await run('watch', `${store}-none/store`)).exitCode, 6);
  }
});

test('what cannot be watched, and what contradicts itself, is refused', async (t) => {
  const [store] = places(t) as [string];
  writeFileSync(store, 'text');
  t.is((await run('watch', store)).exitCode, 7);
  t.is((await run('wait', store, 'a')).exitCode, 7);
  for (const argv of [
    ['watch'],
    ['watch', ''],
    ['watch', store, '--limit', '0'],
    ['watch', store, '--exec', 'x', '--redact'],
    ['wait', store],
    ['wait', store, 'k', '--timeout', 'x'],
    ['watch', 's3://b/k'],
  ])
    t.is((await run(...argv)).exitCode, 2, argv.join(' '));
});
