import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf } from './fixture-lines.js';

const COMMAND = /'statelog (repair [^']+ --mend --into [^']+)'/;

async function keptBy(command: readonly string[]): Promise<number> {
  const { stdout } = await commandLine([...command, '--json']);
  const summary = linesOf(stdout).find((line) => 'summary' in line)?.['summary'] as {
    kept: { records: number };
  };
  return summary.kept.records;
}

for (const [name, fixture, at] of [
  ['wal-0.log', 'wal-ops/wal-0.log', 1500],
  ['cores', 'wal-cores', 3000],
  ['fold.snap', 'fold-log.snap', 12_000],
] as const) {
  test(`where mending brings a record back verify says how, and that does: ${fixture}`, async (t) => {
    const folder = tempDir(t);
    const damaged = path.join(folder, name);
    cpSync(fixturePath(fixture), damaged, { recursive: true });
    const file = name === 'cores' ? path.join(damaged, 'wal-0.log') : damaged;
    const bytes = readFileSync(file);
    bytes[at]! ^= 0x04;
    writeFileSync(file, bytes);
    const { stdout } = await commandLine(['verify', damaged]);
    const mending = COMMAND.exec(stdout)?.[1]?.split(' ');
    t.truthy(mending, stdout);
    const plain = await keptBy(['repair', damaged, '--into', path.join(folder, 'plain')]);
    t.is(await keptBy(mending!), plain + 1);
  });
}

test('where mending would not help it is not named', async (t) => {
  const damaged = path.join(tempDir(t), 'wal-0.log');
  const bytes = readFileSync(fixturePath('wal-ops/wal-0.log'));
  bytes.fill(0xee, 1500, 1530);
  writeFileSync(damaged, bytes);
  const { stdout } = await commandLine(['verify', damaged]);
  t.regex(stdout, /statelog repair /);
  t.notRegex(stdout, /--mend/);
});

for (const [name, fixture] of [
  ['wal-0.log', 'wal-ops/wal-0.log'],
  ['fold.snap', 'fold-log.snap'],
] as const) {
  test(`where a transfer as text changed every line end, verify says how that is undone: ${fixture}`, async (t) => {
    const damaged = path.join(tempDir(t), name);
    const text = readFileSync(fixturePath(fixture), 'latin1');
    writeFileSync(damaged, text.replaceAll('\n', '\r\n'), 'latin1');
    const { stdout } = await commandLine(['verify', damaged]);
    const findings = stdout.split('\n').filter((line) => line.startsWith('damage: '));
    t.true(findings.length > 0 && findings.every((line) => /mismatch|bad-length|undecodable/.test(line)));
    t.true(
      findings.every((line) => COMMAND.test(line)),
      stdout,
    );
    t.regex(/'statelog ([^']+)'/.exec(stdout)![1]!, /--mend/, 'what brings most stands first');
    const mending = COMMAND.exec(stdout)![1]!.split(' ');
    await commandLine(mending);
    t.deepEqual(readFileSync(mending.at(-1)!), readFileSync(fixturePath(fixture)));
  });
}
