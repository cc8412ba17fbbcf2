import test, { type ExecutionContext } from 'ava';
import { fixtureBytes, recordsOf } from '../rkyv/fixture-records.js';
import { MemoryFile } from './memory-file.js';
import { scanFile } from './scanned.js';
import { ownSegment } from './segment-builder.js';

const FIXTURES = ['wal-ops/wal-0.log', ...[0, 1, 2, 3].map((core) => `wal-cores/wal-${core}.log`)];
/** Every bit so far, one bit of every byte above. */
const ALL_BITS_BYTES = 16 * 1024;
/** Of these bytes one bit is tried with the whole file; else the scan is of some records round it. */
const WHOLE_SCAN_EVERY = 16;
const RECORDS_ROUND = 4;
/** Above `ALL_BITS_BYTES`, where only the data of one long record is left, cuts are this far apart. */
const CUT_STEP = 16;

/** A segment, and what is known of each record: enough to say what must be told of any damage. */
interface Known {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly offsets: readonly number[];
  /** Up to where all was durable when the record was appended; its own position where it has no lag. */
  readonly proven: readonly number[];
  /** Whether the records next to a bad one are enough to judge it by. */
  readonly isLocal: boolean;
}

function fixture(name: string): Known {
  const bytes = fixtureBytes(name);
  const offsets = recordsOf(bytes).map(({ offset }) => offset);
  return { name, bytes, offsets, proven: offsets, isLocal: true };
}

function own(name: string, groups: readonly number[], delay: number): Known {
  return { name, ...ownSegment({ groups, delay }), isLocal: false };
}

const SEGMENTS: readonly Known[] = [
  ...FIXTURES.map(fixture),
  own('ours, a sync a record', Array<number>(40).fill(1), 0),
  own('ours, synced in groups of many sizes', [1, 5, 2, 12, 1, 1, 14, 4], 0),
  own('ours, with syncs that end one group late', [3, 9, 4, 8, 5, 11], 1),
  own('ours, never synced', [24], 0),
];

/** What must be told of records `first` to `last` of a segment whose record `bad` is unreadable. */
function checkWithout(
  t: ExecutionContext,
  known: Known,
  file: MemoryFile,
  bad: number,
  [first, last]: readonly [number, number],
  what: string,
): void {
  const { offsets, proven, bytes } = known;
  const badAt = offsets[bad]!;
  const to = offsets[last] ?? bytes.length;
  const isDamage = proven.some((position, index) => index > bad && index < last && position > badAt);
  const expected = isDamage
    ? [...offsets.slice(first, bad), ...offsets.slice(bad + 1, last)]
    : offsets.slice(first, bad);
  const { records, findings } = scanFile(file, { from: offsets[first], to, expectedSequence: BigInt(first) });
  const found = records.map(({ offset }) => offset);
  // Deep comparisons and messages cost more than the scan: only where something is wrong.
  if (!sameNumbers(found, expected)) t.deepEqual(found, expected, what);
  const finding = findings[0];
  const end = isDamage ? (offsets[bad + 1] ?? to) : to;
  const isRight =
    findings.length === 1 &&
    finding?.offset === badAt &&
    finding.bytes === end - badAt &&
    (isDamage
      ? finding.class === 'checksum-mismatch' || finding.class === 'bad-length'
      : finding.class === 'torn-tail');
  if (!isRight) t.fail(`${what}: ${JSON.stringify(findings)}`);
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

for (const known of SEGMENTS) {
  const { name, bytes, offsets } = known;

  test(`${name}: whatever bit is flipped, that record alone is lost, and called torn only if nothing behind it was acknowledged`, (t) => {
    const copy = bytes.slice();
    const file = new MemoryFile(copy);
    let record = 0;
    for (let at = 0; at < bytes.length; at++) {
      while ((offsets[record + 1] ?? Infinity) <= at) record += 1;
      for (let bit = 0; bit < 8; bit++) {
        if (at >= ALL_BITS_BYTES && bit !== at % 8) continue;
        copy[at] = bytes[at]! ^ (1 << bit);
        const isWhole = !known.isLocal || (bit === 0 && at % WHOLE_SCAN_EVERY === 0);
        const round = [Math.max(0, record - RECORDS_ROUND), record + RECORDS_ROUND] as const;
        const range = isWhole ? ([0, offsets.length] as const) : round;
        checkWithout(t, known, file, record, range, `bit ${bit} of byte ${at}`);
      }
      copy[at] = bytes[at]!;
    }
    t.pass();
  });

  test(`${name}: wherever it is cut, all whole records are there, and the rest is a torn tail`, (t) => {
    for (let length = 0; length <= bytes.length; length += length < ALL_BITS_BYTES * 2 ? 1 : CUT_STEP) {
      const { records, findings, tail, goodEnd } = scanFile(new MemoryFile(bytes.subarray(0, length)));
      const ends = [...offsets.slice(1), bytes.length].filter((end) => end <= length);
      const expectedEnd = ends.at(-1) ?? 0;
      const isClean = expectedEnd === length;
      const isRight =
        sameNumbers(
          records.map(({ offset }) => offset),
          offsets.slice(0, ends.length),
        ) &&
        goodEnd === expectedEnd &&
        (isClean
          ? tail === 'clean' && findings.length === 0
          : findings.length === 1 &&
            findings[0]!.offset === expectedEnd &&
            findings[0]!.severity === 'torn' &&
            (tail === 'torn-tail' || tail === 'zero-tail'));
      if (!isRight) t.fail(`cut at ${length}: ${tail}, ${JSON.stringify(findings)}`);
    }
    t.pass();
  });
}
