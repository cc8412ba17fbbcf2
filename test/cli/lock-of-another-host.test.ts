import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { openWritable } from '../../src/engine/inspect/open.js';
import { commandLine } from '../support/command-line.js';
import { tempDir } from '../support/temp-dir.js';

/* Who holds a lock, or may, and what that means for what lies behind the last whole record, and for a repair. */

async function tornStore(folder: string): Promise<string> {
  const store = path.join(folder, 'orders');
  await commandLine(['put', store, 'a', '1']);
  appendFileSync(path.join(store, 'wal', '1', 'wal-0.log'), 'torn');
  return store;
}

const ELSEWHERE = `{"pid":4711,"host":"other-host","since":"2026-01-02T03:04:05.000Z"}\n`;

test('an unfinished end under the LOCK of another host names it, and how to look there', async (t) => {
  const store = await tornStore(tempDir(t));
  const lock = path.join(store, 'LOCK');
  writeFileSync(lock, ELSEWHERE);
  for (const argv of [
    ['get', store, 'a'],
    ['verify', store],
    ['wal-replay', store],
  ]) {
    const { exitCode, stdout, stderr } = await commandLine(argv);
    t.is(exitCode, 0);
    const said = stdout + stderr;
    t.regex(
      said,
      /by process 4711 on other-host since 2026-01-02T03:04:05.000Z, or are what it left when it died/,
    );
    if (argv[0] === 'wal-replay') continue;
    t.regex(said, /look on other-host whether it lives: ps -p 4711/);
    t.regex(said, /'statelog repair'/);
  }
  t.is(readFileSync(lock, 'utf8'), ELSEWHERE);
  t.is((await commandLine(['repair', store])).exitCode, 0);
  t.is((await commandLine(['verify', store, '-q'])).exitCode, 0);
  t.is((await commandLine(['put', store, 'b', '2'])).exitCode, 0);
});

for (const name of ['orders', 'orders.snap']) {
  test(`a repair of ${name} says how to put it in place only where nobody writes to the source`, async (t) => {
    const folder = tempDir(t);
    const store = path.join(folder, name);
    await commandLine(['put', store, 'a', '1']);
    const into = (number: number): string => path.join(folder, `${number}-${name}`);
    t.regex((await commandLine(['repair', store, '--into', into(1)])).stderr, /'mv /);

    const writer = await openWritable(store);
    const { stderr } = await commandLine(['repair', store, '--into', into(2)]);
    t.notRegex(stderr, /'mv /);
    t.true(stderr.includes(`process ${process.pid} on `), stderr);
    t.regex(stderr, /stop it \(kill \d+\), and run the repair again into another place/);
    const json = await commandLine(['repair', store, '--into', into(3), '--json']);
    const { summary } = JSON.parse(json.stdout.trim().split('\n').at(-1)!) as {
      summary: { writer: unknown };
    };
    t.like(summary.writer, { held: 'yes', pid: process.pid });
    writer.close();
  });
}

test('a repair under the LOCK of another host says where to look before anything is moved', async (t) => {
  const folder = tempDir(t);
  const store = await tornStore(folder);
  writeFileSync(path.join(store, 'LOCK'), ELSEWHERE);
  const { stderr } = await commandLine(['repair', store, '--into', path.join(folder, 'new')]);
  t.notRegex(stderr, /'mv /);
  t.regex(stderr, /process 4711 on other-host may still be writing to .*: look there \(ps -p 4711\)/);
});
