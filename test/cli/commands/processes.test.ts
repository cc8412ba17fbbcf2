import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { programFile } from '../../support/program.js';
import { tempDir } from '../../support/temp-dir.js';

/* The program itself, in processes of its own: locks, pipes, and deaths. */

let program = '';

test.before(async () => {
  program = await programFile();
});

function run(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  nodeFlags: readonly string[] = [],
) {
  return spawnSync(process.execPath, [...nodeFlags, program, ...argv], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
}

function shell(line: string, store: string) {
  return spawnSync('bash', ['-c', `set -o pipefail; ${line}`], {
    encoding: 'utf8',
    env: { ...process.env, statelog: `${process.execPath} ${program}`, store },
  });
}

/** A batch that has one line on disk and waits for more: it holds the lock. */
async function openBatch(store: string): Promise<ChildProcessWithoutNullStreams> {
  const child = spawn(process.execPath, [program, 'put', store, '--batch', '-', '--ack', '--idle', '600']);
  child.stdin.write('{"key":"held","value":"1"}\n');
  const [acknowledged] = (await once(child.stdout, 'data')) as [Buffer];
  if (acknowledged.toString() !== '{"acknowledged":1}\n') throw new Error(acknowledged.toString());
  return child;
}

for (const name of ['store', 'store.snap']) {
  test(`a line is acknowledged while the batch is still open, and survives a kill: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    const child = await openBatch(store);
    t.is(run(['get', store, 'held']).stdout, '1', 'a reader needs no lock');
    child.kill('SIGKILL');
    await once(child, 'exit');
    t.is(run(['put', store, 'after', '2']).status, 0);
    t.is(run(['scan', store]).stdout, 'after\t2\nheld\t1\n');
  });

  test(`who may not wait for the lock gets 5 and the holder; who may, gets it in the end: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    const child = await openBatch(store);
    const refused = run(['put', store, 'k', 'v', '--json']);
    t.is(refused.status, 5);
    const { error } = JSON.parse(refused.stderr) as { error: { code: string; holder?: { pid: number } } };
    t.is(error.code, 'LOCKED');
    t.is(error.holder?.pid, child.pid);
    t.is(run(['compact', store], { STATELOG_WAIT: '0.01' }).status, 5);
    const waiting = spawn(process.execPath, [program, 'delete', store, 'held', '--wait', '60']);
    child.stdin.end();
    const [[status]] = (await Promise.all([once(waiting, 'exit'), once(child, 'exit')])) as [
      [number],
      unknown,
    ];
    t.is(status, 0);
    t.is(run(['scan', store, '--count']).stdout, '0\n');
  });

  test(`a batch whose acknowledgements nobody reads any more is written to its end: ${name}`, (t) => {
    const store = path.join(tempDir(t), name);
    const { status, stdout } = shell(
      `for i in $(seq 30000); do echo '{"key":"'$i'","value":"v"}'; done |
       $statelog put $store --batch - --ack | head -n 1 | cut -c 1-16`,
      store,
    );
    t.is(status, 0);
    t.is(stdout, '{"acknowledged":\n');
    t.is(run(['scan', store, '--count']).stdout, '30000\n');
  });
}

test('scan into put copies a store whose keys and values are any bytes', (t) => {
  const store = path.join(tempDir(t), 'store');
  const { status, stderr } = shell(
    `head -c 100000 /dev/urandom | $statelog put $store random --file - &&
     $statelog put $store 00ff0a09 0d5c22 --encoding hex &&
     echo '{"key":"","value":""}' | $statelog put $store --batch - &&
     $statelog scan $store --json | $statelog put $store.copy --batch - &&
     cmp <($statelog scan $store --encoding hex) <($statelog scan $store.copy --encoding hex) &&
     cmp <($statelog get $store random) <($statelog get $store.copy random)`,
    store,
  );
  t.is(status, 0, stderr);
});

test('what an import leaves that was killed is gone after the next one, and nothing else', async (t) => {
  const home = tempDir(t);
  const store = path.join(home, 'store');
  const hidden = (): string[] => readdirSync(home).filter((name) => name.startsWith('.'));
  const child = spawn(process.execPath, [program, 'import', '-', store]);
  // It may die before it has read all.
  child.stdin.on('error', () => undefined);
  child.stdin.write('{"statelog":1,"kind":"directory","cursor":null}\n'.padEnd(1 << 20, ' '));
  const closed = once(child, 'close');
  const watcher = watch(home);
  // It is reading once its hidden folder is there.
  if (hidden().length === 0) await once(watcher, 'change');
  watcher.close();
  child.kill('SIGKILL');
  await closed;
  t.is(hidden().length, 1);
  t.false(existsSync(store));

  writeFileSync(path.join(home, '.store.tmp-mine'), 'not ours');
  run(['put', path.join(home, 'other'), 'k', 'v']);
  t.is(shell(`$statelog export ${home}/other - --as ndjson | $statelog import - $store`, store).status, 0);
  t.deepEqual(hidden(), ['.store.tmp-mine']);
  t.is(run(['get', store, 'k']).stdout, 'v');
});

test('an import tells a bad line at once, while the producer goes on waiting', async (t) => {
  const copy = path.join(tempDir(t), 'copy');
  const lines = '{"statelog":1,"kind":"log","cursor":null}\n{"key":"a","value":"1"}\n{"key":"a"}\n';
  const child = spawn(process.execPath, [program, 'import', '-', copy]);
  child.stdin.write(lines);
  const errors = text(child.stderr);
  const [exitCode] = (await once(child, 'close')) as [number];
  const stderr = await errors;
  t.is(exitCode, 3);
  t.regex(stderr, /line 3/);
});

test('an export whose receiver goes away says so, with 6, and ends', (t) => {
  const store = path.join(tempDir(t), 'store');
  shell(`head -c 300000 /dev/urandom | $statelog put $store large --file -`, store);
  for (const form of ['mmap-state', 'append-log', 'ndjson']) {
    const { stdout, stderr } = shell(
      `$statelog export $store - --as ${form} | head -c 100 > /dev/null; echo "\${PIPESTATUS[0]}"`,
      store,
    );
    t.is(stdout, '6\n', form);
    t.regex(stderr, /went away before its end/);
  }
});

test('get loads no native library', (t) => {
  const store = path.join(tempDir(t), 'store');
  run(['put', store, 'k', 'v']);
  const hook = path.join(path.dirname(store), 'hook.cjs');
  writeFileSync(
    hook,
    `const Module = require('node:module');
     const load = Module._load;
     Module._load = function (name, ...rest) {
       if (!name.startsWith('node:') && !name.startsWith('.') && !Module.builtinModules.includes(name))
         process.stderr.write('loaded ' + name + '\\n');
       return load.call(this, name, ...rest);
     };`,
  );
  const { status, stdout, stderr } = run(['get', store, 'k'], {}, ['--require', hook]);
  t.is(status, 0);
  t.is(stdout, 'v');
  t.deepEqual(
    stderr.split('\n').filter((line) => /koffi|@node-rs|@napi-rs/.test(line)),
    [],
  );
});
