import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { recordsOf } from '../../engine/rkyv/fixture-records.js';

/* Segments that belong to no store: each hint about one of them names what brings back the most, whatever else is found beside. */

const COMMAND = /'statelog ((?:repair|wal-replay) [^']+)'/g;
const RECORDS = 266;

function cores(folder: string): string {
  const made = path.join(folder, 'cores');
  cpSync(fixturePath('wal-cores'), made, { recursive: true });
  return made;
}

function edit(file: string, change: (bytes: Buffer) => Uint8Array): void {
  writeFileSync(file, change(readFileSync(file)));
}

/** The commands that are named, each once. */
async function named(damaged: string): Promise<string[]> {
  const { stdout } = await commandLine(['verify', damaged]);
  return [...new Set([...stdout.matchAll(COMMAND)].map(([, command]) => command!))];
}

async function keptBy(command: string): Promise<number> {
  const { stdout } = await commandLine(command.split(' '));
  return Number(/kept (\d+) records/.exec(stdout)?.[1]);
}

test('of segments that were exchanged no hint names a replay, which would leave both out', async (t) => {
  const damaged = cores(tempDir(t));
  const file = (core: number): string => path.join(damaged, `wal-${core}.log`);
  renameSync(file(1), `${damaged}.kept`);
  renameSync(file(2), file(1));
  renameSync(`${damaged}.kept`, file(2));
  const commands = await named(damaged);
  t.deepEqual(commands, [`repair ${damaged} --into ${damaged}-repaired`]);
  t.is(await keptBy(commands[0]!), RECORDS);
});

test('of runs of records that were exchanged, the repair is named at the gap before the first too', async (t) => {
  const damaged = cores(tempDir(t));
  edit(path.join(damaged, 'wal-0.log'), (bytes) => {
    const starts = recordsOf(bytes).map(({ offset }) => offset);
    const [from, middle, to] = [starts[20]!, starts[40]!, starts[60]!];
    const runs = [bytes.subarray(0, from), bytes.subarray(middle, to), bytes.subarray(from, middle)];
    return Buffer.concat([...runs, bytes.subarray(to)]);
  });
  const commands = await named(damaged);
  t.deepEqual(commands, [`repair ${damaged} --into ${damaged}-repaired`]);
  t.is(await keptBy(commands[0]!), RECORDS);
});

test('beside damage, no hint names a cut in place, which would be refused', async (t) => {
  const damaged = cores(tempDir(t));
  edit(path.join(damaged, 'wal-2.log'), (bytes) => bytes.subarray(0, bytes.length / 2 + 13));
  const { stdout } = await commandLine(['verify', damaged]);
  t.regex(stdout, /^torn: .*'statelog repair \S+ --into /m);
  t.regex(stdout, /^damage: missing-barrier: .*'statelog wal-replay /m);
  for (const command of await named(damaged)) {
    const { exitCode, stderr } = await commandLine(command.split(' '));
    t.is(exitCode, 3, `${command}: ${stderr}`);
    t.notRegex(stderr, /nothing was changed/);
  }
});

test('a segment without a barrier that others have is told of by wal-replay, which stops before it is done', async (t) => {
  const damaged = cores(tempDir(t));
  edit(path.join(damaged, 'wal-2.log'), (bytes) => bytes.subarray(0, recordsOf(bytes)[20]!.offset));
  const plain = await commandLine(['wal-replay', damaged, '--stats']);
  t.is(plain.exitCode, 3);
  t.regex(plain.stdout, /^\S+wal-2\.log\t.*\tmissing-barrier\t/m);
  for (const order of ['--no-merge', '--merge'])
    t.is((await commandLine(['wal-replay', damaged, '--stats', order])).exitCode, 3);
  const stopped = await commandLine(['wal-replay', damaged, '--into', path.join(damaged, '..', 'stopped')]);
  t.is(stopped.exitCode, 3);
  t.regex(stopped.stderr, /other cores have a barrier.*applied and on disk: .*--skip-damage --into/);
  const skipped = path.join(damaged, '..', 'skipped');
  t.is((await commandLine(['wal-replay', damaged, '--skip-damage', '--into', skipped])).exitCode, 3);
  t.is((await commandLine(['verify', skipped])).exitCode, 0);
  t.is((await commandLine(['wal-replay', fixturePath('wal-cores'), '--stats'])).exitCode, 0);
});
