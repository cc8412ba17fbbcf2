import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf } from './fixture-lines.js';

/*
 * Somebody who only copies the commands that are printed: `verify` of something damaged, then what it names.
 */

const REPAIR = /'statelog (repair [^']+ --into [^']+)'/;
const RESTORE = /run: (base64 -d [^,]+),/;
const RECORDS = 266;
const OF_CORE_2 = 60;

/** A folder of segments of four cores. */
function cores(folder: string): string {
  const made = path.join(folder, 'cores');
  cpSync(fixturePath('wal-cores'), made, { recursive: true });
  return made;
}

interface Repaired {
  readonly told: string;
  readonly kept: number;
  readonly lost: { readonly records: number; readonly byCore: readonly object[] };
}

async function followed(damaged: string): Promise<Repaired> {
  const { stdout: told } = await commandLine(['verify', damaged]);
  const restoring = RESTORE.exec(told)?.[1];
  if (restoring !== undefined) execFileSync('sh', ['-c', restoring]);
  const { stdout } = await commandLine([...REPAIR.exec(told)![1]!.split(' '), '--json']);
  const { kept, lost } = linesOf(stdout).find((line) => 'summary' in line)!['summary'] as {
    kept: { records: number };
    lost: Repaired['lost'];
  };
  return { told, kept: kept.records, lost };
}

for (const name of [
  'wal-2 (conflicted copy).log',
  'wal-2 (1).log',
  'wal-2.sync-conflict-20260101-120000-ABCDEFG.log',
]) {
  test(`the records of a segment that is there as ${name} alone are brought back`, async (t) => {
    const damaged = cores(tempDir(t));
    renameSync(path.join(damaged, 'wal-2.log'), path.join(damaged, name));
    const { told, kept, lost } = await followed(damaged);
    t.regex(told, /notice: misplaced: .*'statelog repair /);
    t.is(kept, RECORDS);
    t.is(lost.records, 0);
  });
}

test('how much a missing segment of a folder held is said to be unknown', async (t) => {
  const damaged = cores(tempDir(t));
  rmSync(path.join(damaged, 'wal-2.log'));
  const { told, kept, lost } = await followed(damaged);
  t.regex(told, /missing-segment: .*lost: an unknown number of records, of core 2/);
  t.is(kept, RECORDS - OF_CORE_2);
  t.like(lost, { records: 0, byCore: [{ coreId: 2, isExact: false }] });
});

test('one loss that two findings tell of, neither of which knows its end, is counted once', async (t) => {
  const damaged = cores(tempDir(t));
  const file = path.join(damaged, 'wal-2.log');
  writeFileSync(file, new Uint8Array(readFileSync(file).length));
  const { told, lost } = await followed(damaged);
  t.regex(told, /foreign-bytes: .*lost: at least 1 record, of core 2/);
  t.regex(told, /missing-barrier: .*lost: at least 1 record, of core 2/);
  t.is(lost.records, 1);
});

test('a segment in base64 is restored beside it, and the repair that is named takes that', async (t) => {
  const damaged = cores(tempDir(t));
  const file = path.join(damaged, 'wal-2.log');
  writeFileSync(file, readFileSync(file).toString('base64'));
  const { kept, lost } = await followed(damaged);
  t.deepEqual([kept, lost.records], [RECORDS, 0]);
});

test('where a repaired folder lacks the end of a core, verify names what makes a store of it, and not a repair again', async (t) => {
  const damaged = cores(tempDir(t));
  const file = path.join(damaged, 'wal-2.log');
  writeFileSync(file, new Uint8Array(readFileSync(file).length));
  const { told } = await followed(damaged);
  const into = REPAIR.exec(told)![1]!.split(' ').at(-1)!;
  const again = await commandLine(['verify', into]);
  t.regex(again.stdout, /missing-barrier/);
  t.notRegex(again.stdout, /statelog repair/);
  const replay = /'statelog (wal-replay [^']+)'/.exec(again.stdout)![1]!.split(' ');
  await commandLine(replay);
  t.is((await commandLine(['verify', replay.at(-1)!])).exitCode, 0);
});

async function storeOfTwoEpochs(folder: string): Promise<string> {
  const store = path.join(folder, 'store');
  await commandLine(['create', store, '--cores', '2']);
  const lines = Array.from({ length: 20 }, (_, number) => `key${number}\tvalue`).join('\n');
  await commandLine(['put', store, '--batch', '-', '--tsv'], { input: [`${lines}\n`] });
  await commandLine(['checkpoint', store]);
  await commandLine(['put', store, 'key0', 'newer']);
  return store;
}

for (const left of [['wal', 'checkpoints'], ['checkpoints'], ['wal']]) {
  test(`a stray file in the place of a segment hides nothing of a store that has ${left.join(' and ')} left`, async (t) => {
    const folder = tempDir(t);
    const store = await storeOfTwoEpochs(folder);
    cpSync(path.join(store, 'checkpoints/1/state-0.idx'), path.join(store, 'wal-0.log'));
    rmSync(path.join(store, 'MANIFEST.json'));
    for (const name of ['wal', 'checkpoints']) {
      if (!left.includes(name)) rmSync(path.join(store, name), { recursive: true });
    }
    const { exitCode, stdout } = await commandLine(['verify', store]);
    t.is(exitCode, 3);
    const repair = REPAIR.exec(stdout)![1]!.split(' ');
    await commandLine(repair);
    const { stdout: made } = await commandLine(['scan', repair.at(-1)!]);
    t.is(made.trimEnd().split('\n').length, left.includes('checkpoints') ? 20 : 1);
    t.regex(made, left.includes('wal') ? /^key0\tnewer$/m : /^key0\tvalue$/m);
  });
}

for (const [what, keys, folders] of [
  ['the files of a store side by side, without its manifest', 20, ['checkpoints/1', 'wal/2']],
  ['the checkpoints of a store without the rest', 20, ['checkpoints']],
  ['a checkpoint of a store without the rest', 20, ['checkpoints/1']],
  ['the checkpoints and logs of a store in one folder', 20, ['wal', 'checkpoints']],
] as const) {
  test(`${what}: the repair that is named makes a store of them`, async (t) => {
    const folder = tempDir(t);
    const store = await storeOfTwoEpochs(folder);
    const parts = path.join(folder, 'parts');
    for (const name of folders) cpSync(path.join(store, name), parts, { recursive: true });
    const { exitCode, stdout } = await commandLine(['verify', parts]);
    t.is(exitCode, 3);
    const repair = REPAIR.exec(stdout)![1]!.split(' ');
    await commandLine(repair);
    const scanned = await commandLine(['scan', repair.at(-1)!]);
    t.is(scanned.stdout.trimEnd().split('\n').length, keys);
    const value = (await commandLine(['get', repair.at(-1)!, 'key0'])).stdout.trimEnd();
    t.is(value, folders.some((name) => name.startsWith('wal')) ? 'newer' : 'value');
  });
}

for (const isDeep of [false, true]) {
  test(`the files of a store that a file system has found again, ${isDeep ? 'in a folder below' : 'without names'}: the repair that is named makes a store of them`, async (t) => {
    const folder = tempDir(t);
    const store = await storeOfTwoEpochs(folder);
    const found = path.join(folder, 'lost+found');
    mkdirSync(found);
    const files = readdirSync(store, { recursive: true, encoding: 'utf8' }).map((name) =>
      path.join(store, name),
    );
    for (const [index, file] of files.filter((name) => statSync(name).isFile()).entries())
      cpSync(file, path.join(found, `#${12_345 + index}`));
    const away = path.join(tempDir(t), 'away');
    renameSync(store, away);
    const { exitCode, stdout } = await commandLine(['verify', isDeep ? folder : found]);
    t.is(exitCode, 3);
    const repair = REPAIR.exec(stdout)![1]!.split(' ');
    await commandLine(repair);
    t.is((await commandLine(['diff', away, repair.at(-1)!])).exitCode, 0);
    t.is((await commandLine(['verify', repair.at(-1)!])).exitCode, 0);
  });
}

for (const flags of [[], ['-d']]) {
  test(`the parts that split ${flags.join(' ')} made of a tar are joined as it is said`, async (t) => {
    const folder = tempDir(t);
    const store = await storeOfTwoEpochs(folder);
    const parts = path.join(folder, 'parts');
    mkdirSync(parts);
    await commandLine(['export', store, path.join(folder, 'out.tar')]);
    execFileSync('split', [
      '-b',
      '3000',
      ...flags,
      path.join(folder, 'out.tar'),
      path.join(parts, 'out.tar.'),
    ]);
    const { exitCode, stderr } = await commandLine(['verify', parts]);
    t.is(exitCode, 7);
    const [, joining, verifying] = /run: (cat .*), then 'statelog (verify [^']+)'/.exec(stderr)!;
    execFileSync('sh', ['-c', joining!]);
    t.is((await commandLine(verifying!.split(' '))).exitCode, 0);
  });
}

for (const [what, make] of [
  ['a folder', (file: string) => mkdirSync(file)],
  ['a FIFO', (file: string) => execFileSync('mkfifo', [file])],
] as const) {
  test(`${what} in the place of a segment of a store stops nothing of the rest`, async (t) => {
    const store = path.join(tempDir(t), 'store');
    await commandLine(['create', store, '--cores', '2']);
    const lines = Array.from({ length: 20 }, (_, number) => `key${number}\tvalue`).join('\n');
    await commandLine(['put', store, '--batch', '-', '--tsv'], { input: [`${lines}\n`] });
    const file = path.join(store, 'wal', '1', 'wal-0.log');
    rmSync(file);
    make(file);
    const { told, kept } = await followed(store);
    t.regex(told, /missing-file: .*wal-0\.log, byte 0: what lies here is no file/);
    t.true(kept > 0);
  });
}
