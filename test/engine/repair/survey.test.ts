import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { sweepFile } from '../../../src/engine/wal/scan/record-sweep.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

interface Told {
  readonly finding?: {
    readonly class: string;
    readonly severity: string;
    readonly file: string;
    readonly offset: number;
  };
  readonly summary?: {
    readonly kept: { readonly records: number };
    readonly lost: { readonly records: number; readonly bytes: number; readonly keys: number };
  };
}

async function repair(source: string, into: string): Promise<{ exitCode: number; told: readonly Told[] }> {
  const { exitCode, stdout } = await commandLine(['repair', source, '--into', into, '--json']);
  return {
    exitCode,
    told: stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Told),
  };
}

const CORES = [0, 1, 2, 3] as const;

function segment(folder: string, coreId: number): string {
  return path.join(folder, `wal-${coreId}.log`);
}

/** A folder of LaminarDB's segments, four cores. */
function cores(folder: string): string {
  const copy = path.join(folder, 'cores');
  cpSync(fixturePath('wal-cores'), copy, { recursive: true });
  return copy;
}

function recordsIn(file: string): number {
  return sweepFile(realFileSystem(), file).reduce((sum, { records }) => sum + records, 0);
}

test('segments under each other’s names are repaired into the cores that their records say', async (t) => {
  const folder = tempDir(t);
  const source = cores(folder);
  renameSync(segment(source, 1), path.join(source, 'x'));
  renameSync(segment(source, 2), segment(source, 1));
  renameSync(path.join(source, 'x'), segment(source, 2));
  const into = path.join(folder, 'into');
  const { exitCode, told } = await repair(source, into);
  t.is(exitCode, 0);
  t.deepEqual(
    told.flatMap(({ finding }) =>
      finding === undefined ? [] : [[finding.class, path.basename(finding.file)]],
    ),
    [
      ['misplaced', 'wal-2.log'],
      ['misplaced', 'wal-1.log'],
    ],
  );
  for (const coreId of CORES) {
    t.deepEqual(readFileSync(segment(into, coreId)), readFileSync(segment(fixturePath('wal-cores'), coreId)));
  }
});

test('a segment whose name says another core keeps all its records', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'wal-7.log');
  cpSync(segment(fixturePath('wal-cores'), 0), source);
  const into = path.join(folder, 'wal-0.log');
  const { exitCode, told } = await repair(source, into);
  t.is(exitCode, 0);
  t.deepEqual(
    told.map(({ finding }) => finding?.class),
    ['misplaced', undefined],
  );
  t.deepEqual(readFileSync(into), readFileSync(source));
});

test('a file that segments of several cores were joined to becomes a folder of them', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'all.log');
  writeFileSync(
    source,
    Buffer.concat(CORES.map((core) => readFileSync(segment(fixturePath('wal-cores'), core)))),
  );
  const into = path.join(folder, 'into');
  const { told } = await repair(source, into);
  t.is(told.at(-1)?.summary?.lost.records, 0);
  for (const coreId of CORES) {
    t.deepEqual(readFileSync(segment(into, coreId)), readFileSync(segment(fixturePath('wal-cores'), coreId)));
  }
});

test('blocks that changed places are put back, and the records across their edges with them', async (t) => {
  const folder = tempDir(t);
  const [source, into] = [path.join(folder, 'wal-0.log'), path.join(folder, 'into.log')];
  const whole = readFileSync(segment(fixturePath('wal-cores'), 0));
  t.true(whole.length > 2 * 4096);
  const swapped = Buffer.concat([whole.subarray(4096, 8192), whole.subarray(0, 4096), whole.subarray(8192)]);
  writeFileSync(source, swapped);
  const { exitCode, told } = await repair(source, into);
  t.deepEqual([exitCode, told.at(-1)?.summary?.lost.records], [0, 0]);
  t.deepEqual(readFileSync(into), whole);
});

test('what is told of a segment that was put together names where it lies', async (t) => {
  const folder = tempDir(t);
  const [source, into] = [path.join(folder, 'wal-0.log'), path.join(folder, 'into.log')];
  const whole = readFileSync(segment(fixturePath('wal-cores'), 0));
  const swapped = Buffer.concat([whole.subarray(4096, 8192), whole.subarray(0, 4096), whole.subarray(8192)]);
  const [, second] = sweepFile(realFileSystem(), segment(fixturePath('wal-cores'), 0));
  t.truthy(second);
  swapped[4096 + 100]! ^= 0xff;
  writeFileSync(source, swapped);
  const { exitCode, told } = await repair(source, into);
  t.is(exitCode, 3);
  const damage = told.flatMap(({ finding }) => (finding?.severity === 'damage' ? [finding] : []));
  t.is(damage.length, 1);
  t.is(damage[0]!.file, source);
  t.true(damage[0]!.offset >= 4096 && damage[0]!.offset <= 4096 + 100, String(damage[0]!.offset));
});

test('copies of segments under other names are left out, and a longer one makes up for a shorter', async (t) => {
  const folder = tempDir(t);
  const source = cores(folder);
  const whole = readFileSync(segment(source, 0));
  cpSync(segment(source, 1), path.join(source, 'wal-1.log.bak'));
  cpSync(segment(source, 0), path.join(source, 'before-the-crash'));
  writeFileSync(segment(source, 0), whole.subarray(0, whole.length >> 1));
  const into = path.join(folder, 'into');
  const { told } = await repair(source, into);
  t.is(told.at(-1)?.summary?.lost.records, 0);
  t.is(recordsIn(segment(into, 0)), recordsIn(segment(fixturePath('wal-cores'), 0)));
  t.is(recordsIn(segment(into, 1)), recordsIn(segment(fixturePath('wal-cores'), 1)));
});
