import test from 'ava';
import { crc32 } from '../../../src/engine/bytes/crc/checksum.js';
import type { Finding } from '../../../src/engine/finding.js';
import { cursorRecord, deleteRecord, logOf, putRecord, withByte } from './log-bytes.js';
import { scanBytes } from './scan.js';

const first = [putRecord('k2', 'one', 1n), putRecord('k1', 'two', 2n), cursorRecord(2n)];
const second = [
  putRecord('k3', 'three', 3n),
  deleteRecord('k2', 4n),
  putRecord('k4', 'four', 5n),
  cursorRecord(5n),
];
const third = [putRecord('k5', 'five', 6n), cursorRecord(6n)];

/** Where the nth part of a log starts. */
function startOf(parts: readonly Uint8Array[], index: number): number {
  return parts.slice(0, index).reduce((at, part) => at + part.length, 6);
}

function onlyFinding(bytes: Uint8Array): Finding {
  const { findings } = scanBytes(bytes);
  if (findings.length !== 1) throw new Error(`expected one finding, not ${JSON.stringify(findings)}`);
  return findings[0]!;
}

const flip = (byte: number): number => byte ^ 0x10;

test('a last record that is cut short is a torn tail, wherever it is cut', (t) => {
  const parts = [...first, ...second];
  const whole = logOf(...parts);
  const last = startOf(parts, parts.length - 1);
  for (let size = last + 1; size < whole.length; size++) {
    const finding = onlyFinding(whole.subarray(0, size));
    t.is(finding.severity, 'torn');
    t.is(finding.class, 'torn-tail');
    t.is(finding.offset, last);
    t.is(finding.bytes, size - last);
  }
});

test('a bad record of the last apply is damage, since its cursor was written after it', (t) => {
  const parts = [...first, ...second];
  const bytes = withByte(logOf(...parts), startOf(parts, 3) + 14, flip);
  const { records, findings } = scanBytes(bytes);
  t.like(findings, {
    length: 1,
    0: { severity: 'damage', class: 'checksum-mismatch', offset: startOf(parts, 3) },
  });
  t.is(records.length, 6);
});

test('a bad record of an apply without a cursor is torn, though good records follow it', (t) => {
  const parts = [...first, ...second.slice(0, -1)];
  const bytes = withByte(logOf(...parts), startOf(parts, 3) + 14, flip);
  const { records, findings } = scanBytes(bytes);
  t.like(findings, { length: 1, 0: { severity: 'torn', class: 'torn-tail', offset: startOf(parts, 3) } });
  t.is(records.length, 3);
});

test('salvage is shown the good records within a torn tail', (t) => {
  const parts = [...first, ...second.slice(0, -1)];
  const bytes = withByte(logOf(...parts), startOf(parts, 3) + 14, flip);
  const { records, findings } = scanBytes(bytes, { tornTail: 'show' });
  t.is(findings.length, 1);
  t.is(records.length, 5);
});

test('the same bad record is damage once another apply follows', (t) => {
  const parts = [...first, ...second, ...third];
  const finding = onlyFinding(withByte(logOf(...parts), startOf(parts, 3) + 14, flip));
  t.is(finding.severity, 'damage');
  t.is(finding.class, 'checksum-mismatch');
  t.is(finding.nextGood, startOf(parts, 4));
  t.is(finding.lastGood, startOf(parts, 2));
});

test('a bad cursor is damage once good records follow it, since the apply that it ended was synced', (t) => {
  const parts = [...first, ...second, ...third];
  const cursorAt = startOf(parts, 6);
  for (const [at, change] of [
    [0, flip],
    [4, flip],
    [5, (): number => 11],
    [5, (): number => 2],
    [9, flip],
  ] as const) {
    const finding = onlyFinding(withByte(logOf(...parts), cursorAt + at, change));
    t.like(finding, { severity: 'damage', offset: cursorAt, bytes: 14 });
  }
});

test('a bad record before a cursor is damage, and what is unfinished after that cursor is torn', (t) => {
  const parts = [...first, ...second];
  const bytes = logOf(...parts, Uint8Array.of(1, 2, 3));
  const { findings } = scanBytes(withByte(bytes, startOf(parts, 3) + 14, flip));
  t.deepEqual(
    findings.map(({ severity }) => severity),
    ['damage', 'torn'],
  );
});

test('several bad records of an apply without a cursor are one torn tail', (t) => {
  const parts = [...first, ...second.slice(0, -1), ...second.slice(0, -1)];
  const twice = withByte(
    withByte(logOf(...parts), startOf(parts, 3) + 14, flip),
    startOf(parts, 5) + 14,
    flip,
  );
  t.like(onlyFinding(twice), {
    severity: 'torn',
    offset: startOf(parts, 3),
    bytes: twice.length - startOf(parts, 3),
  });
});

test('whatever follows the last cursor without a good record in it is torn', (t) => {
  const noise = Uint8Array.from({ length: 5000 }, (_, index) => (index * 73) ^ (index >>> 5));
  t.like(onlyFinding(logOf(...first, noise)), { severity: 'torn', class: 'torn-tail', bytes: 5000 });
});

test('nothing but zeros after the last record is a zero tail', (t) => {
  for (const zeros of [5, 6, 100, 100_000]) {
    t.like(onlyFinding(logOf(...first, new Uint8Array(zeros))), {
      severity: 'torn',
      class: 'zero-tail',
      bytes: zeros,
    });
  }
});

test('a hole of zeros in the middle is damage that ends where the next record starts', (t) => {
  for (const hole of [5, 6, 100, 100_000]) {
    const finding = onlyFinding(logOf(...first, new Uint8Array(hole), ...second, ...third));
    t.like(finding, { severity: 'damage', class: 'undecodable', bytes: hole, offset: startOf(first, 3) });
  }
});

test('a bad record of the compact form is damage, though one cursor alone follows it', (t) => {
  const compact = [putRecord('a', '1'), putRecord('b', '2'), putRecord('c', '3'), cursorRecord(9n)];
  for (const index of [0, 1, 2]) {
    const finding = onlyFinding(withByte(logOf(...compact), startOf(compact, index) + 12, flip));
    t.like(finding, { severity: 'damage', class: 'checksum-mismatch', offset: startOf(compact, index) });
  }
});

test('a bad record with a good one behind it is damage where no cursor stands before it', (t) => {
  const parts = [putRecord('k2', 'one'), putRecord('k1', 'two'), putRecord('k3', 'three'), cursorRecord(2n)];
  for (const index of [0, 1, 2]) {
    for (const whole of [parts, parts.slice(0, -1)].filter(({ length }) => length > index + 1)) {
      const finding = onlyFinding(withByte(logOf(...whole), startOf(parts, index) + 9, flip));
      t.like(finding, { severity: 'damage', offset: startOf(parts, index) });
    }
  }
});

test('a first cursor that is cut short or garbled after a compact log is torn', (t) => {
  const compact = [putRecord('a', '1'), putRecord('b', '2')];
  for (const garbage of [[9], [0, 0, 0, 0, 7, 7], new Array<number>(26).fill(0xee)]) {
    const finding = onlyFinding(logOf(...compact, Uint8Array.from(garbage)));
    t.like(finding, { severity: 'torn', bytes: garbage.length });
  }
  t.like(onlyFinding(logOf(...compact, new Uint8Array(27).fill(0xee))), {
    severity: 'damage',
    class: 'undecodable',
  });
});

test('a record that is whole but has a key that is not UTF-8 is damage even at the end', (t) => {
  const record = putRecord('key', 'value');
  const foreign = putRecord('k\u00e9', 'value');
  foreign[8] = 0xff;
  new DataView(foreign.buffer).setUint32(0, crc32(foreign.subarray(4)), true);
  t.like(onlyFinding(logOf(...first, record, foreign)), { severity: 'damage', class: 'undecodable' });
  t.like(onlyFinding(logOf(...first, foreign, record, cursorRecord(3n))), { severity: 'damage' });
});

test('each length past its limit is damage of its own class', (t) => {
  const parts = [...first, ...second, ...third];
  const put = startOf(parts, 3);
  const valueLengthAt = put + 7 + 2;
  const tooLong = withByte(logOf(...parts), valueLengthAt + 3, () => 2);
  t.like(onlyFinding(tooLong), { severity: 'damage', class: 'bad-length', offset: put });
  const tokenLengthAt = startOf(parts, 6) + 5;
  const tokenTooLong = withByte(logOf(...parts), tokenLengthAt, () => 11);
  t.like(onlyFinding(tokenTooLong), { severity: 'damage', class: 'bad-length', offset: startOf(parts, 6) });
  const type = withByte(logOf(...parts), put + 4, () => 9);
  t.like(onlyFinding(type), { severity: 'damage', class: 'undecodable', found: 'type 9', offset: put });
});

test('a value that holds a whole log is not taken for records, whatever is damaged in its record but its lengths', (t) => {
  const inner = logOf(...first, ...second, ...third);
  const parts = [...first, putRecord('nested', inner, 3n), cursorRecord(3n), ...third];
  const start = startOf(parts, 3);
  for (const at of [start, start + 8, start + 30, start + 60]) {
    const { records, findings } = scanBytes(withByte(logOf(...parts), at, flip));
    t.like(findings, { length: 1, 0: { offset: start, class: 'checksum-mismatch' } });
    t.is(records.length, parts.length - 1);
  }
});

test('headers that are not ours are told apart', (t) => {
  const log = logOf(...first);
  t.like(onlyFinding(new Uint8Array(0)), { class: 'torn-tail', severity: 'torn', bytes: 0 });
  t.like(onlyFinding(log.subarray(0, 5)), { class: 'torn-tail', severity: 'torn', bytes: 5 });
  t.like(onlyFinding(Buffer.from('note')), { class: 'bad-header', severity: 'damage', bytes: 4 });
  t.like(onlyFinding(withByte(log, 4, () => 3)), { class: 'bad-version', found: '504753530300' });
  const { records, findings } = scanBytes(withByte(log, 1, flip));
  t.like(findings, { length: 1, 0: { class: 'bad-header', offset: 0, bytes: 6, nextGood: 6 } });
  t.is(records.length, 3);
});
