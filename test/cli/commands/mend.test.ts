import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { damagedLogs } from '../../torture/damage/damaged-logs.js';
import type { DamagedLog } from '../../torture/damage/log-damage.js';

interface MendedLine {
  readonly kind: string;
  readonly file: string;
  readonly offset: number;
  readonly before?: string;
  readonly after?: string;
  readonly record: number;
  readonly bytes: number;
}

interface Repaired {
  readonly exitCode: number;
  readonly text: string;
  readonly mended: readonly MendedLine[];
  readonly lost: { readonly records: number; readonly bytes: number; readonly keys: number };
  readonly result: Buffer;
}

async function repair(
  t: ExecutionContext,
  log: DamagedLog,
  bytes: Uint8Array,
  ...flags: readonly string[]
): Promise<Repaired> {
  const folder = tempDir(t);
  const source = path.join(folder, log.fileName);
  const into = path.join(folder, `new-${log.fileName}`);
  writeFileSync(source, bytes);
  const { exitCode, stdout } = await commandLine(['repair', source, '--into', into, '--json', ...flags]);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const summary = lines.at(-1)!['summary'] as { lost: Repaired['lost']; mended: number };
  const mended = lines.flatMap((line) => ('mended' in line ? [line['mended'] as MendedLine] : []));
  t.is(summary.mended, mended.length);
  return { exitCode, text: stdout, mended, lost: summary.lost, result: readFileSync(into) };
}

/** The logs of LaminarDB, of Slipstream, and of statelog, and a record in the middle of each that has a length. */
const NAMES = ['wal-ops', 'wal-cores 2', 'our segment', 'fold-log', 'our fold log'];
const SUBJECTS = damagedLogs()
  .filter(({ name }) => NAMES.includes(name))
  .map((log) => {
    const from = Math.floor(log.pieces.length / 2);
    const piece = log.pieces
      .slice(from)
      .find(({ lengthAt, length }) => lengthAt !== undefined && length > 90)!;
    return { log, piece, lengthAt: piece.lengthAt! };
  });

const NOTHING_LOST = {
  records: 0,
  isExact: true,
  bytes: 0,
  keys: 0,
  areKeysExact: true,
  unnamed: 0,
  byCore: [],
};

for (const { log, piece, lengthAt } of SUBJECTS) {
  test(`${log.name}: a record whose length alone is wrong is kept without being asked for, and told of`, async (t) => {
    for (const wrong of [Uint8Array.of(1, 0, 0, 0), Uint8Array.of(0x98, 0x76, 0x54, 0x02)]) {
      const bytes = log.bytes.slice();
      bytes.set(wrong, lengthAt);
      const { exitCode, mended, lost, result } = await repair(t, log, bytes);
      t.deepEqual(new Uint8Array(result), log.bytes);
      t.deepEqual(lost, NOTHING_LOST);
      t.is(exitCode, 0);
      const [one] = mended;
      t.like(one, { kind: 'length', offset: lengthAt, record: piece.offset, bytes: piece.length });
      t.is(one!.before, Buffer.from(wrong).toString('hex'));
      t.is(one!.after, Buffer.from(log.bytes.subarray(lengthAt, lengthAt + 4)).toString('hex'));
    }
  });

  test(`${log.name}: one wrong bit or byte, a byte lost or added, is undone with --mend, and only with it`, async (t) => {
    const at = piece.offset + 24;
    const { bytes } = log;
    const head = bytes.subarray(0, at);
    const right = bytes[at]!;
    const cases = {
      bit: [...head, right ^ 0x10, ...bytes.subarray(at + 1)],
      byte: [...head, right ^ 0x77, ...bytes.subarray(at + 1)],
      'lost-byte': [...head, ...bytes.subarray(at + 1)],
      'added-byte': [...head, right ^ 0x55, ...bytes.subarray(at)],
    };
    for (const [kind, damaged] of Object.entries(cases)) {
      const plain = await repair(t, log, Uint8Array.from(damaged));
      t.deepEqual(plain.mended, []);
      t.is(plain.lost.records, 1, kind);
      t.is(plain.exitCode, 3);
      const { exitCode, mended, lost, result } = await repair(t, log, Uint8Array.from(damaged), '--mend');
      t.deepEqual(new Uint8Array(result), bytes, kind);
      t.deepEqual(lost, NOTHING_LOST);
      t.is(exitCode, 0);
      t.like(mended, { length: 1, 0: { kind, record: piece.offset } });
    }
  });

  test(`${log.name}: two wrong bytes are left as they are, and the record is listed as lost`, async (t) => {
    const bytes = log.bytes.slice();
    bytes[piece.offset + 20]! ^= 0x31;
    bytes[piece.offset + 50]! ^= 0x08;
    const { exitCode, mended, lost } = await repair(t, log, bytes, '--mend');
    t.deepEqual(mended, []);
    t.is(lost.records, 1);
    t.is(exitCode, 3);
  });

  test(`${log.name}: records that are damaged one behind the other are each put right`, async (t) => {
    const bytes = log.bytes.slice();
    const index = log.pieces.indexOf(piece);
    for (const { offset, length } of log.pieces.slice(index, index + 3)) bytes[offset + length - 1]! ^= 1;
    const { exitCode, mended, result } = await repair(t, log, bytes, '--mend');
    t.is(mended.length, 3);
    t.deepEqual(new Uint8Array(result), log.bytes);
    t.is(exitCode, 0);
  });

  test(`${log.name}: where every line feed became two bytes, all of it is put back`, async (t) => {
    const bytes = [...log.bytes].flatMap((byte) => (byte === 0x0a ? [0x0d, 0x0a] : [byte]));
    const { exitCode, mended, lost, result } = await repair(t, log, Uint8Array.from(bytes), '--mend');
    t.like(mended, { length: 1, 0: { kind: 'line-ends', before: '0d0a', after: '0a' } });
    t.deepEqual(new Uint8Array(result), log.bytes);
    t.deepEqual(lost, NOTHING_LOST);
    t.is(exitCode, 0);
  });

  test(`${log.name}: what was mended is not shown where values are redacted`, async (t) => {
    const bytes = log.bytes.slice();
    bytes[piece.offset + 24]! ^= 0x10;
    const { mended, text } = await repair(t, log, bytes, '--mend', '--redact');
    t.like(mended, { length: 1, 0: { kind: 'bit', offset: piece.offset + 24 } });
    t.false(text.includes('"before"') || text.includes('"after"'));
  });
}

test('the last record of a log is put right too', async (t) => {
  const log = damagedLogs().find(({ name }) => name === 'our segment')!;
  const last = log.pieces.at(-1)!;
  const bytes = log.bytes.slice();
  bytes[last.offset + last.length - 30]! ^= 4;
  const { result } = await repair(t, log, bytes, '--mend');
  t.deepEqual(new Uint8Array(result), log.bytes);
});

test('a record of a store is put right in its log, and in a segment under a wrong name; one of a megabyte too', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  const value = 'x'.repeat(1024 * 1024);
  await commandLine(['put', store, 'large', value]);
  for (const key of ['a', 'b', 'c']) await commandLine(['put', store, key, `value of ${key}`]);
  const segment = path.join(store, 'wal/1/wal-0.log');
  const bytes = readFileSync(segment);
  bytes[500_000]! ^= 2;
  bytes[bytes.indexOf('value of b') + 3]! ^= 0x40;
  writeFileSync(segment, bytes);
  for (const name of ['wal/1/wal-0.log', 'wal/1/wal-7.log']) {
    const source = path.join(folder, `source-${path.basename(name)}`);
    cpSync(store, source, { recursive: true });
    if (name !== 'wal/1/wal-0.log') {
      cpSync(segment, path.join(source, name));
      writeFileSync(path.join(source, 'wal/1/wal-0.log'), '');
    }
    const into = path.join(folder, `into-${path.basename(name)}`);
    const { stdout } = await commandLine(['repair', source, '--into', into, '--mend']);
    t.is(stdout.match(/^mended: /gm)?.length, 2);
    t.regex(stdout, /kept 4 records, .* 4 keys; lost 0 records/);
    t.is((await commandLine(['get', into, 'large'])).stdout, value);
    t.is((await commandLine(['get', into, 'b'])).stdout, 'value of b');
    t.is((await commandLine(['verify', into])).exitCode, 0);
  }
});

test('the fold of an artifact is mended as a log is', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'artifact');
  cpSync(fixturePath('artifact'), source, { recursive: true });
  const fold = path.join(source, 'data/fold.snap');
  const whole = readFileSync(fold);
  const damaged = Buffer.from(whole);
  damaged[40]! ^= 1;
  writeFileSync(fold, damaged);
  const into = path.join(folder, 'into');
  const { stdout } = await commandLine(['repair', source, '--into', into, '--mend']);
  t.regex(stdout, /^mended: .*fold\.snap, byte 40: one bit was wrong/m);
  t.deepEqual(readFileSync(path.join(into, 'data/fold.snap')), whole);
});

test('mending in place is a wrong call: what is there is never changed', async (t) => {
  const { exitCode, stderr } = await commandLine(['repair', 'store', '--mend']);
  t.is(exitCode, 2);
  t.regex(stderr, /--into/);
});
