import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import path from 'node:path';
import test from 'ava';
import { SeededRandom } from '../../simulated-disk/index.js';
import { joined, records } from '../../engine/wal/segment-builder.js';
import { commandLine } from '../../support/command-line.js';
import { bundledModule, programFile } from '../../support/program.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf, type JsonLine } from './fixture-lines.js';

/* Following, with writers in processes of their own that append, make checkpoints, and are killed. */

let program = '';
let writer = '';

test.before(async () => {
  program = await programFile();
  writer = await bundledModule('test/cli/program/checkpointing-writer.ts');
});

/** Standard output of a child, line by line as it comes. */
class Lines {
  readonly lines: string[] = [];
  #rest = '';
  #onLine: (() => void) | undefined;

  constructor(child: ChildProcessWithoutNullStreams) {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const pieces = (this.#rest + text).split('\n');
      this.#rest = pieces.pop()!;
      this.lines.push(...pieces);
      this.#onLine?.();
    });
  }

  /** Resolves once there are so many. */
  async reach(count: number): Promise<void> {
    while (this.lines.length < count) await new Promise<void>((resolve) => (this.#onLine = resolve));
  }
}

function follow(...argv: readonly string[]): { child: ChildProcessWithoutNullStreams; output: Lines } {
  const child = spawn(process.execPath, [program, 'wal-replay', ...argv, '--follow', '--json']);
  child.stderr.pipe(process.stderr);
  return { child, output: new Lines(child) };
}

async function interrupt(child: ChildProcessWithoutNullStreams): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGINT');
  const [code, signal] = (await closed) as [number | null, NodeJS.Signals | null];
  if (code !== null || signal !== 'SIGINT') throw new Error(`it ended with ${code}, ${signal}`);
}

function startWriter(store: string, name: string): { child: ChildProcessWithoutNullStreams; groups: Lines } {
  const child = spawn(process.execPath, [writer, store, name, '1000']);
  child.stderr.pipe(process.stderr);
  return { child, groups: new Lines(child) };
}

/** Kills so many writers at any moment, one after the other, and lets the last one close. */
async function writersThatDie(store: string, count: number, random: SeededRandom): Promise<void> {
  for (let life = 0; life < count; life++) {
    const { child, groups } = startWriter(store, `writer-${life}`);
    const closed = once(child, 'close');
    await groups.reach(1 + random.below(40));
    if (life < count - 1) child.kill('SIGKILL');
    else child.stdin.end();
    await closed;
  }
}

async function replayed(store: string): Promise<JsonLine[]> {
  return linesOf((await commandLine(['wal-replay', store, '--json'])).stdout);
}

test('while writers append, make checkpoints and are killed, nothing is missed and nothing doubled', async (t) => {
  t.timeout(120_000);
  const seed = 20_261_121;
  t.log(`seed ${seed}`);
  const store = path.join(tempDir(t), 'store');
  await commandLine(['create', store, '--cores', '2']);
  await commandLine(['put', store, 'key', 'value']);
  const { child, output } = follow(store);
  await output.reach(1);
  await writersThatDie(store, 8, new SeededRandom(seed));
  // The log that the first checkpoint closed is no longer there; the follower has seen that, too.
  const expected = byCore(await replayed(store));
  const counts = expected.map((lines) => Number(lines.at(-1)!['sequence']) + 1);
  await output.reach(counts.reduce((sum, count) => sum + count, 0));
  await interrupt(child);
  const told = byCore(linesOf(output.lines.join('\n')));
  for (const [core, lines] of told.entries()) {
    t.deepEqual(
      lines.map(({ sequence }) => Number(sequence)),
      Array.from({ length: counts[core]! }, (_, sequence) => sequence),
    );
    const later = lines.slice(-expected[core]!.length);
    t.deepEqual(later, expected[core]);
    t.true(new Set(later.map(({ epoch }) => epoch)).size > 8);
  }
});

function byCore(lines: readonly JsonLine[]): JsonLine[][] {
  return [0, 1].map((core) => lines.filter(({ coreId }) => coreId === core));
}

/** Records of which the last but one is bad: that is said, and everything else was read by then. */
function withLastButOneBad(count: number): { good: Uint8Array; rest: Uint8Array } {
  const all = records(count);
  all.at(-2)![20]! ^= 1;
  return { good: joined(...all.slice(0, 10)), rest: joined(...all.slice(10)) };
}

test('Ctrl-C ends --follow --stats with the sums of what was there until then', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const { good, rest } = withLastButOneBad(30);
  writeFileSync(segment, good);
  const { child, output } = follow(segment, '--stats');
  appendFileSync(segment, rest);
  await output.reach(1);
  await interrupt(child);
  const [{ finding }, { stats }] = linesOf(output.lines.join('\n')) as [JsonLine, JsonLine];
  t.like(finding, { class: 'checksum-mismatch' });
  t.like(stats, { complete: false, records: 29 });
});

test('Ctrl-C ends --follow --into with everything on disk that was read, and the store closed', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const { good, rest } = withLastButOneBad(500);
  writeFileSync(segment, good);
  const stores = ['one', 'two'].map((name) => path.join(tempDir(t), name));
  const into = stores.flatMap((store) => ['--into', store]);
  const { child, output } = follow(segment, ...into, '--skip-damage');
  appendFileSync(segment, rest);
  await output.reach(1);
  await interrupt(child);
  t.deepEqual(
    linesOf(output.lines.join('\n')).slice(1),
    stores.map((store) => ({ applied: { path: store, puts: 499, deletes: 0 } })),
  );
  for (const store of stores) {
    t.is((await commandLine(['scan', store, '--count'])).stdout, '499\n');
    t.is(statSync(path.join(store, 'LOCK')).size, 0);
  }
});

test('--limit ends --follow once there were so many records', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const all = records(5);
  writeFileSync(segment, joined(...all.slice(0, 2)));
  const following = commandLine(['wal-replay', segment, '--follow', '--limit', '4', '--json']);
  for (const record of all.slice(2)) {
    await new Promise((resolve) => void setImmediate(resolve));
    appendFileSync(segment, record);
  }
  const { exitCode, stdout } = await following;
  t.is(exitCode, 0);
  t.deepEqual(
    linesOf(stdout).map(({ sequence }) => sequence),
    ['0', '1', '2', '3'],
  );
});

test('--follow ends with an error where the store goes away, and is refused where it means nothing', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'key', 'value']);
  const child = spawn(process.execPath, [program, 'wal-replay', store, '--follow', '--json']);
  const errors = text(child.stderr);
  await new Lines(child).reach(1);
  renameSync(store, `${store}-moved`);
  const [code] = (await once(child, 'close')) as [number | null];
  t.is(code, 6);
  t.like(JSON.parse(await errors), { error: { code: 'STORE_REPLACED', path: store } });
  t.is((await commandLine(['wal-replay', fixturePath('fold-log.snap'), '--follow'])).exitCode, 2);
  t.is((await commandLine(['wal-replay', fixturePath('wal-ops'), '--follow', '--no-merge'])).exitCode, 2);
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} ends what is followed also where nobody reads it`, async (t) => {
    const home = tempDir(t);
    const segment = path.join(home, 'wal-0.log');
    writeFileSync(segment, joined(...records(20_000)));
    for (const flags of [['--follow'], ['--follow', '--into', path.join(home, 'store')]]) {
      // What it prints stays in the pipe: far more than that holds.
      const child = spawn(process.execPath, [program, 'wal-replay', segment, ...flags]);
      child.stdout.once('readable', () => child.kill(signal));
      if (flags.includes('--into')) child.stderr.once('data', () => child.kill(signal));
      const [, endedBy] = (await once(child, 'exit')) as [number | null, string | null];
      t.is(endedBy, signal, flags.join(' '));
    }
  });
}
