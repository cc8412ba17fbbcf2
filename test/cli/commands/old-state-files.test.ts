import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../../support/command-line.js';
import { filePrints } from '../../support/file-prints.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf, type JsonLine } from './fixture-lines.js';

/* State files of LaminarDB 0.1 to 0.16, through every command that reads one. */

const COUNTS = [0, 1, 2, 5, 6, 7, 80, 2000];
/** Of the index with 7 keys: one leaf below a root of 152 bytes, which ends where the reference starts. */
const ROOT_BYTES = 152;
const LEAF_BYTES = 136;
const REFERENCE_BYTES = 8;
const VALUES_AT = 48;

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly hex: string;
  readonly text?: string;
  readonly isWrong?: true;
}

const run = (...argv: string[]) => commandLine(argv);

function fixture(count: number): string {
  return fixturePath(`laminar-0.16/old-${count}.db`);
}

function linesIn(count: number): string {
  const lines = Array.from(
    { length: count },
    (_, index) => `key:${String(index).padStart(6, '0')}\tvalue-${index}\n`,
  );
  return lines.join('');
}

/** A copy of which the index is changed. */
function damaged(
  t: ExecutionContext,
  count: number,
  change: (index: Buffer) => Buffer,
): { readonly values: string; readonly index: string } {
  const values = path.join(tempDir(t), 'state.db');
  const index = values.replace('.db', '.idx');
  copyFileSync(fixture(count), values);
  writeFileSync(index, change(readFileSync(fixture(count).replace('.db', '.idx'))));
  return { values, index };
}

for (const count of COUNTS) {
  test(`an old state file of ${count} keys is whole, and every command reads it`, async (t) => {
    const file = fixture(count);
    const before = filePrints(path.dirname(file));
    const folder = tempDir(t);
    t.like(JSON.parse((await run('stat', file, '--json')).stdout), { kind: 'state-file', keys: count });
    const verified = linesOf((await run('verify', file, '--json')).stdout);
    t.is((await run('verify', file)).exitCode, 0);
    t.like(verified, [
      { finding: { severity: 'notice', class: 'unchecked' } },
      { summary: { keys: count, damage: 0 } },
    ]);
    t.like(await run('scan', file), { exitCode: 0, stdout: linesIn(count) });
    const last = `key:${String(count - 1).padStart(6, '0')}`;
    t.like(
      await run('get', file, last),
      count > 0 ? { exitCode: 0, stdout: `value-${count - 1}` } : { exitCode: 1 },
    );
    t.is((await run('get', file, 'key')).exitCode, 1);

    const copies = ['store', 'artifact.tar', 'repaired.db'].map((name) => path.join(folder, name));
    const [store, artifact, repaired] = copies as [string, string, string];
    t.is((await run('import', file, store)).exitCode, 0);
    t.is((await run('export', file, artifact)).exitCode, 0);
    t.like(await run('repair', file), { exitCode: 0 });
    t.like(await run('repair', file, '--into', repaired), { exitCode: 0 });
    for (const copy of copies) {
      t.like(await run('diff', file, copy), { exitCode: 0, stdout: '' }, copy);
      t.is((await run('verify', copy)).exitCode, 0);
    }
    t.is((await run('put', file, 'a', 'b')).exitCode, 8);
    t.deepEqual(filePrints(path.dirname(file)), before);
  });
}

const END = REFERENCE_BYTES + ROOT_BYTES;

for (const { what, at, value, kind, place, kept } of [
  { what: 'a value outside', at: END - VALUES_AT - 3, value: 0x7f, kind: 'bad-offset', place: END, kept: 6 },
  { what: 'a root of no kind', at: END, value: 7, kind: 'index-mismatch', place: END, kept: 2 },
  { what: "the root's pointer", at: 8, value: 0xa8, kind: 'index-mismatch', place: 8, kept: 7 },
  { what: 'the count of keys', at: 4, value: 8, kind: 'index-mismatch', place: 8, kept: 7 },
]) {
  test(`damage to ${what} of an old index is found where it is, and costs only what it must`, async (t) => {
    const { values, index } = damaged(t, 7, (bytes) => {
      bytes[bytes.length - at] = value;
      return bytes;
    });
    const size = readFileSync(index).length;
    const verified = await run('verify', values, '--json');
    t.is(verified.exitCode, 3);
    const findings = (linesOf(verified.stdout) as { finding?: JsonLine }[]).map(({ finding }) => finding);
    t.like(
      findings.find((finding) => finding?.['severity'] === 'damage'),
      { class: kind, file: index, offset: size - place },
    );
    t.is((await run('scan', values)).exitCode, 3);
    const repaired = values.replace('state.db', 'repaired.db');
    // The pointer to it is not needed to find the root.
    t.is((await run('repair', values, '--into', repaired)).exitCode, at === 8 ? 0 : 3);
    const lines = (await run('scan', repaired)).stdout.split('\n').filter((line) => line !== '');
    t.is(lines.length, kept);
    for (const line of lines) t.true(linesIn(7).includes(`${line}\n`), line);
  });
}

test('an old index that is cut short is damage wherever it is cut, and nothing is made up', async (t) => {
  const whole = readFileSync(fixture(7).replace('.db', '.idx'));
  for (let length = 33; length < whole.length; length += 7) {
    const { values } = damaged(t, 7, (bytes) => bytes.subarray(0, length));
    t.is((await run('verify', values)).exitCode, 3, `${length} bytes`);
    const { stdout } = await run('scan', values);
    for (const line of stdout.split('\n').slice(0, -1)) t.true(linesIn(7).includes(`${line}\n`), line);
  }
});

test('a dump of an old index names the version of each value, as it lies there', async (t) => {
  const { values, index } = damaged(t, 7, (bytes) => {
    bytes[bytes.length - END + VALUES_AT + 3] = 0x7f;
    return bytes;
  });
  const lines = linesOf((await run('verify', values, '--hexdump', '--json')).stdout) as {
    fields?: Field[];
  }[];
  const fields = lines.flatMap((line) => line.fields ?? []);
  const versions = fields.filter(({ name }) => name === 'valueVersion');
  t.deepEqual(
    versions.map(({ text }) => text),
    ['3', '4', '5', '6', '7'],
  );
  const bytes = readFileSync(index);
  const root = bytes.length - END;
  for (const [slot, { offset, bytes: length, hex }] of versions.entries()) {
    t.is(offset, root + VALUES_AT + 16 * slot + 8);
    t.is(hex, bytes.subarray(offset, offset + length).toString('hex'));
  }
  t.deepEqual(
    fields.filter(({ isWrong }) => isWrong).map(({ name }) => name),
    ['valueOffset', 'valueLength'],
  );
  t.is(fields.filter(({ name }) => name === 'key').length, 5);
  // The bytes follow one another, with what is before and after.
  for (const [number, { offset }] of fields.entries()) {
    const before = fields[number - 1];
    if (before !== undefined) t.is(offset, before.offset + before.bytes);
  }
  t.regex((await run('verify', values, '--hexdump')).stdout, /valueVersion +3\n/);
});

test('a dump of an index of LaminarDB 0.17 or later shows its values without one', async (t) => {
  const values = path.join(tempDir(t), 'state.db');
  copyFileSync(fixturePath('state-small.db'), values);
  const index = readFileSync(fixturePath('state-small.idx'));
  index[index.length - 8 - 108] = 9;
  writeFileSync(values.replace('.db', '.idx'), index);
  const { exitCode, stdout } = await run('verify', values, '--hexdump');
  t.is(exitCode, 3);
  t.regex(stdout, /^! .*kind +9: no kind$/m);
  t.regex(stdout, /valueOffset +138\n/);
  // It has the children of an inner node, though it no longer says that it is one.
  t.regex(stdout, /childPointer +-216\n/);
  t.notRegex(stdout, /valueVersion/);
});

test('a dump of an old index shows the reference that leads to no root', async (t) => {
  const { values } = damaged(t, 2, (bytes) => {
    bytes[bytes.length - 8] = 0xa8;
    return bytes;
  });
  const { stdout } = await run('verify', values, '--hexdump');
  t.regex(stdout, new RegExp(`^! +${32 + 24 + LEAF_BYTES} .*rootPointer +-88$`, 'm'));
  t.regex(stdout, /count +2\n/);
});
