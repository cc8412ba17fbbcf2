import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { joined, records } from '../../engine/wal/segment-builder.js';
import { programFile } from '../../support/program.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf } from './fixture-lines.js';

/* What only a process of its own shows: the exit code that a shell sees, and a signal in the middle. */

let program = '';

test.before(async () => {
  program = await programFile();
});

test('a shell sees the exit codes of verify, wal-replay and stat', (t) => {
  const folder = tempDir(t);
  const segment = fixturePath('wal-ops/wal-0.log');
  const bytes = readFileSync(segment);
  const torn = path.join(folder, 'torn');
  writeFileSync(torn, bytes.subarray(0, -1));
  bytes[100] = bytes[100]! ^ 1;
  const damaged = path.join(folder, 'damaged');
  writeFileSync(damaged, bytes);
  const cases: [string[], number][] = [
    [['verify', segment], 0],
    [['verify', torn], 4],
    [['verify', damaged], 3],
    [['verify', path.join(folder, 'none')], 6],
    [['wal-replay', fixturePath('fold-log.snap')], 0],
    [['wal-replay', fixturePath('state-small.db')], 7],
    [['wal-replay', torn], 4],
    [['wal-replay', damaged], 3],
    [['wal-replay', segment, '--skip-damage'], 2],
    [['stat', damaged], 0],
  ];
  for (const [argv, expected] of cases) {
    t.is(spawnSync(process.execPath, [program, ...argv]).status, expected, argv.join(' '));
  }
});

/** More than are read between two looks for a signal, however fast. */
const RECORDS = 100_000;

test('wal-replay --stats prints its sums when it is interrupted, and a shell sees the signal', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  // Every other record is bad: more findings than a pipe holds, so that the program waits for its reader.
  const pieces = records(RECORDS).map((record, index) => {
    if (index % 2 === 1) record[20] = record[20]! ^ 1;
    return record;
  });
  writeFileSync(segment, joined(...pieces));
  const argv = ['wal-replay', segment, '--no-merge', '--stats', '--json'];
  const child = spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'readable');
  child.kill('SIGINT');
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  t.deepEqual([code, signal], [null, 'SIGINT']);
  const { stats } = linesOf(stdout).find((line) => 'stats' in line) as {
    stats: { complete: boolean; records: number };
  };
  t.false(stats.complete);
  t.true(stats.records > 0 && stats.records < RECORDS / 2);
});

test('on a terminal, blocks of a file and bytes have the colours of what they are', (t) => {
  const bytes = readFileSync(fixturePath('wal-ops/wal-0.log'));
  bytes[4_329] = bytes[4_329]! ^ 1;
  const damaged = path.join(tempDir(t), 'wal-0.log');
  writeFileSync(damaged, bytes);
  const shown = (environment: string): string => {
    // Nothing is inherited: a runner's CI turns colour off.
    const line = `env -i PATH="$PATH" TERM=xterm ${environment} script -qec "${process.execPath} ${program} verify ${damaged} --hexdump --no-pager" /dev/null`;
    return spawnSync('bash', ['-c', line], { encoding: 'utf8' }).stdout;
  };
  t.regex(shown(''), /\u001b\[31m! +\d+ {2}[^\n]*bit 0 of byte 4329 is turned\u001b\[39m\r?\n/);
  // Whole blocks are green; the one that is damaged in part is green on red.
  t.regex(
    shown(''),
    /\u001b\[32m█+\u001b\[39m\u001b\[41m\u001b\[32m[▁-▇]\u001b\[39m\u001b\[49m\u001b\[32m█+\u001b\[39m\r?\n/,
  );
  const plain = shown('NO_COLOR=1');
  t.regex(plain, /\n! +\d+ {2}[^\n]*bit 0 of byte 4329 is turned\r?\n/);
  t.false(plain.includes('\u001b'));
});
