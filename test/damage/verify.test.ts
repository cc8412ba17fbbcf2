import path from 'node:path';
import test from 'ava';
import { DAMAGE_CLASSES, type Finding } from '../../src/engine/finding.js';
import { linesOf } from '../cli/commands/fixture-lines.js';
import { commandLine } from '../support/command-line.js';
import { filePrints } from '../support/file-prints.js';
import { tempDir } from '../support/temp-dir.js';
import type { ExpectedFinding } from './case.js';
import { DAMAGE_CASES } from './cases.js';

/* What `verify` says of each kind of damage: the class, the file, the byte, the exit code, and nothing else. */

for (const { name, class: damageClass, make } of DAMAGE_CASES) {
  test(`${damageClass}: ${name}`, async (t) => {
    const damaged = await make(tempDir(t));
    try {
      const before = filePrints(damaged.path);
      const { exitCode, stdout, stderr } = await commandLine(['verify', damaged.path, '--json']);
      t.deepEqual(filePrints(damaged.path), before);
      const found = linesOf(stdout).flatMap(({ finding }) =>
        finding === undefined ? [] : [finding as Finding],
      );
      t.deepEqual(found.map(told), damaged.findings.map(asTold(found)), `${stdout}${stderr}`);
      t.is(exitCode, damaged.exitCode);
      t.true(found.every(({ hint, message }) => message !== '' && hint !== ''));
    } finally {
      damaged.release?.();
    }
  });
}

test('each class of damage has a file, and each file a name of its own', (t) => {
  // What a file says that lies in a wrong place is told by what it says: only a repair knows where it belongs.
  // What a disk does not give out is no file's content: test/engine/repair/failing-disk.test.ts has it.
  const classes = new Set([
    ...DAMAGE_CASES.map((one) => one.class),
    'misplaced',
    'time-backwards',
    'unreadable',
    'foreign-bytes',
  ]);
  t.deepEqual(
    DAMAGE_CLASSES.filter((one) => !classes.has(one)),
    [],
  );
  t.is(new Set(DAMAGE_CASES.map(({ name }) => name)).size, DAMAGE_CASES.length);
});

function told({ severity, class: damageClass, file, offset, bytes }: ExpectedFinding): string {
  return `${severity} ${damageClass} ${path.basename(file)} ${offset}+${bytes ?? 'any'}`;
}

/** Where an extent does not matter, what was found is right. */
function asTold(found: readonly Finding[]): (expected: ExpectedFinding, index: number) => string {
  return (expected, index) => told({ ...expected, bytes: expected.bytes ?? found[index]?.bytes });
}
