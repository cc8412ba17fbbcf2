import test from 'ava';
import type { Finding } from '../../../src/engine/finding.js';
import { WalScanner } from '../../../src/engine/wal/scan/scanner.js';
import { RECORD_HEADER_BYTES } from '../../../src/engine/wal/format/record.js';
import { fixtureBytes } from '../rkyv/fixture-records.js';
import { MemoryFile } from './memory-file.js';
import { scan, type ScannedRecord } from './scanned.js';
import { entryOf, joined, recordAround, recordOf, records } from './segment-builder.js';

const SYNCED = { lag: 0 };
const HOUR_NS = 3_600_000_000_000n;

function brief({ severity, class: damageClass, offset, bytes }: Finding): string {
  return `${severity} ${damageClass} ${offset}+${bytes}`;
}

function sequencesOf(bytes: Uint8Array, options = {}): bigint[] {
  return scan(bytes, options).records.map(({ sequence }) => sequence);
}

test('4 KiB of zeros after the last record are a zero tail', (t) => {
  const good = fixtureBytes('wal-cores/wal-0.log');
  const { findings, tail, goodEnd } = scan(joined(good, new Uint8Array(4096)));
  t.deepEqual(findings.map(brief), [`torn zero-tail ${good.length}+4096`]);
  t.is(tail, 'zero-tail');
  t.is(goodEnd, good.length);
});

test('while the lock is held, what follows the last whole record is in flight: a notice', (t) => {
  const good = joined(...records(3, 0n, SYNCED));
  const cut = joined(good, recordOf(entryOf({ sequence: 3n, lag: 0 })).subarray(0, 50));
  const { findings, tail } = scan(cut, { isLocked: true });
  t.deepEqual(findings.map(brief), [`notice in-flight ${good.length}+50`]);
  t.is(tail, 'in-flight');
});

test('who holds the lock is asked only where the last record is unfinished', (t) => {
  const good = joined(...records(3, 0n, SYNCED));
  const cut = joined(good, recordOf(entryOf({ sequence: 3n, lag: 0 })).subarray(0, 50));
  let asked = 0;
  const isLocked = (): boolean => {
    asked += 1;
    return asked === 1;
  };
  scan(good, { isLocked });
  t.is(asked, 0);
  t.is(scan(cut, { isLocked }).tail, 'in-flight');
  t.is(scan(cut, { isLocked }).tail, 'torn-tail');
  t.is(asked, 2);
});

test('an unfinished record that has grown by the time nobody holds the lock was in flight', (t) => {
  const pieces = records(4, 0n, SYNCED);
  const all = joined(...pieces);
  const file = new MemoryFile(all.subarray(0, pieces[0]!.length + 30));
  const isLocked = (): boolean => {
    file.bytes = all;
    return false;
  };
  const scanner = WalScanner.open('wal-0.log', { fileSystem: file.fileSystem, isLocked });
  t.is(scanner.next(), 'record');
  t.is(scanner.next(), 'finding');
  t.is(scanner.tail, 'in-flight');
  scanner.close();
});

test('damage in the middle stays damage while the lock is held', (t) => {
  const pieces = records(5, 0n, SYNCED);
  const bytes = joined(...pieces);
  bytes[pieces[0]!.length + 20]! ^= 1;
  t.like(scan(bytes, { isLocked: true }).findings, [{ class: 'checksum-mismatch', severity: 'damage' }]);
});

test('a flipped bit names the record, both checksums and its good neighbours', (t) => {
  const bytes = fixtureBytes('wal-cores/wal-0.log');
  bytes[3000]! ^= 1;
  const { records: found, findings } = scan(bytes);
  t.is(found.length, 70);
  t.like(findings, [
    {
      severity: 'damage',
      class: 'checksum-mismatch',
      offset: 2968,
      bytes: 136,
      lastGood: 2808,
      nextGood: 3104,
      coreId: 0,
      expected: '0xc474027e',
    },
  ]);
});

test('a record whose length alone is wrong is told so, with the right one', (t) => {
  for (const wrong of [0, 1, 72, 136, 524_416, 2 ** 31 - 1, 2 ** 32 - 1]) {
    const bytes = fixtureBytes('wal-cores/wal-0.log');
    new DataView(bytes.buffer).setUint32(2968, wrong, true);
    const { findings } = scan(bytes);
    t.like(findings, [
      { class: 'bad-length', offset: 2968, bytes: 136, expected: '128', found: String(wrong) },
    ]);
  }
});

test('data with the right checksum that is no entry is undecodable', (t) => {
  const [first, second] = records(2, 0n, SYNCED);
  const strange = recordAround(new Uint8Array(64).fill(0xee));
  const { findings } = scan(joined(first!, strange, second!));
  t.deepEqual(findings.map(brief), [`damage undecodable ${first!.length}+72`]);
  // With nothing behind it too: whoever wrote it finished it.
  t.like(scan(joined(first!, strange)).findings, [{ class: 'undecodable', severity: 'damage' }]);
});

test('missing records are a gap in the sequence, and what follows is good', (t) => {
  const pieces = records(10, 0n, SYNCED);
  const bytes = joined(...pieces.slice(0, 3), ...pieces.slice(7));
  const { records: found, findings } = scan(bytes);
  t.deepEqual(
    found.map(({ sequence }) => sequence),
    [0n, 1n, 2n, 7n, 8n, 9n],
  );
  t.like(findings, [{ class: 'sequence-gap', severity: 'damage', expected: '3', found: '7', sequence: '7' }]);
});

test('the first record must have the sequence that is expected', (t) => {
  const bytes = joined(...records(3, 5n, SYNCED));
  t.deepEqual(scan(bytes, { expectedSequence: 5n }).findings, []);
  t.like(scan(bytes, { expectedSequence: 3n }).findings, [
    { class: 'sequence-gap', expected: '3', found: '5' },
  ]);
  t.like(scan(bytes, { expectedSequence: 6n }).findings, [
    { class: 'sequence-repeat', expected: '6', found: '5' },
  ]);
  t.deepEqual(sequencesOf(bytes, { expectedSequence: 6n }), [6n, 7n]);
});

test('a record of ours that comes twice is returned once', (t) => {
  const pieces = records(6, 0n, SYNCED);
  const { records: found, findings } = scan(
    joined(...pieces.slice(0, 4), pieces[2]!, pieces[3]!, ...pieces.slice(4)),
  );
  t.deepEqual(
    found.map(({ sequence }) => sequence),
    [0n, 1n, 2n, 3n, 4n, 5n],
  );
  t.like(findings, [{ class: 'sequence-repeat', severity: 'damage', expected: '4', found: '2' }]);
});

test('a segment that LaminarDB reopened starts again at 0: a notice, and nothing is lost', (t) => {
  const before = records(4, 0n, { epoch: 3n });
  const after = [0n, 1n, 2n].map((sequence) =>
    recordOf(entryOf({ sequence, epoch: 0n, timestampNs: 1_770_000_000_000_000_000n + HOUR_NS + sequence })),
  );
  const { records: found, findings } = scan(joined(...before, ...after));
  t.deepEqual(
    found.map(({ sequence }) => sequence),
    [0n, 1n, 2n, 3n, 0n, 1n, 2n],
  );
  t.like(findings, [
    { class: 'sequence-repeat', severity: 'notice', expected: '4', found: '0' },
    { class: 'misplaced-epoch', severity: 'notice', expected: '3', found: '0' },
  ]);
});

test('a foreign segment that was reopened with its clock set back starts again at 0 as well', (t) => {
  const before = records(4);
  const after = [0n, 1n].map((sequence) =>
    recordOf(entryOf({ sequence, timestampNs: 1_769_000_000_000_000_000n + sequence })),
  );
  t.deepEqual(sequencesOf(joined(...before, ...after)), [0n, 1n, 2n, 3n, 0n, 1n]);
});

test('a copy of the first records is no restart', (t) => {
  const pieces = records(5);
  const { records: found, findings } = scan(joined(...pieces, pieces[0]!, pieces[1]!));
  t.is(found.length, 5);
  t.like(findings, [{ class: 'sequence-repeat', severity: 'damage' }]);
});

test('a record of another core is damage, and is not returned', (t) => {
  const [first, , third] = records(3, 0n, SYNCED);
  const stray = recordOf(entryOf({ sequence: 1n, coreId: 4, lag: 0 }));
  const { records: found, findings } = scan(joined(first!, stray, third!), { coreId: 0 });
  t.is(found.length, 2);
  t.like(findings, [{ class: 'wrong-core', expected: '0', found: '4', bytes: stray.length }]);
});

test('a segment that is wholly of another core is one stretch of damage, and no torn tail', (t) => {
  const bytes = joined(...records(4));
  const { records: found, findings } = scan(bytes, { coreId: 1 });
  t.deepEqual(found, []);
  t.like(findings, [{ class: 'wrong-core', severity: 'damage', offset: 0, bytes: bytes.length }]);
});

test('an epoch that goes back, or is not that of the segment, is misplaced', (t) => {
  const early = recordOf(entryOf({ sequence: 1n, epoch: 1n, lag: 0 }));
  const pieces = [
    recordOf(entryOf({ sequence: 0n, epoch: 2n, lag: 0 })),
    early,
    recordOf(entryOf({ sequence: 2n, epoch: 2n, lag: 0 })),
  ];
  t.like(scan(joined(...pieces)).findings, [{ class: 'misplaced-epoch', found: '1', bytes: early.length }]);
  t.like(scan(joined(...pieces), { epoch: 1n }).findings, [
    { class: 'misplaced-epoch', expected: '1', found: '2' },
  ]);
});

test('a barrier that closes another epoch than its own is misplaced, and still returned', (t) => {
  const barrier = recordOf(entryOf({ operation: { op: 'epochBarrier', barrierEpoch: 9n }, lag: 0 }));
  const { records: found, findings } = scan(barrier);
  t.is(found.length, 1);
  t.like(findings, [{ class: 'misplaced-epoch', severity: 'damage', expected: '1', found: '9' }]);
});

test('a group whose earlier page was lost is torn as a whole if it was never acknowledged', (t) => {
  const pieces = records(3, 0n, SYNCED);
  const durable = joined(...pieces).length;
  let position = durable;
  const group: Uint8Array[] = [];
  for (let sequence = 3n; sequence < 9n; sequence++) {
    const record = recordOf(entryOf({ sequence, lag: position - durable }));
    group.push(record);
    position += record.length;
  }
  group[1]!.fill(0);
  const lost = durable + group[0]!.length;
  const torn = scan(joined(...pieces, ...group));
  t.deepEqual(torn.findings.map(brief), [`torn torn-tail ${lost}+${position - lost}`]);
  t.is(torn.records.length, 4);

  const shown = scan(joined(...pieces, ...group), { tornTail: 'show' });
  t.deepEqual(shown.findings.map(brief), [`torn torn-tail ${lost}+${group[1]!.length}`]);
  t.is(shown.records.length, 8);

  const acknowledged = recordOf(entryOf({ sequence: 9n, lag: 0 }));
  const damaged = scan(joined(...pieces, ...group, acknowledged));
  t.deepEqual(damaged.findings.map(brief), [`damage bad-length ${lost}+${group[1]!.length}`]);
  t.is(damaged.records.length, 9);
});

test('bytes cut out of the middle cost what they held, and no more', (t) => {
  const good = fixtureBytes('wal-cores/wal-0.log');
  const all = scan(good).records;
  for (const [from, count] of [
    [3000, 1],
    [3000, 512],
    [3000, 4096],
    [2968, 136],
    [0, 100],
  ] as const) {
    const { records: found } = scan(joined(good.subarray(0, from), good.subarray(from + count)));
    const whole = all.filter(({ offset, bytes }) => offset + bytes <= from || offset >= from + count);
    t.deepEqual(
      found.map(({ sequence }) => sequence),
      whole.map(({ sequence }) => sequence),
      `${count} bytes at ${from}`,
    );
  }
});

test('a block that was overwritten by another of the same segment costs at most what it held', (t) => {
  const good = fixtureBytes('wal-cores/wal-1.log');
  const all = scan(good).records;
  const contents = new Map(all.map((record) => [record.sequence, contentOf(good, record)]));
  for (const bytes of [512, 4096]) {
    for (let to = 0; to + bytes <= good.length; to += 512) {
      for (let from = 0; from + bytes <= good.length; from += 512) {
        if (from === to) continue;
        const copy = good.slice();
        copy.set(good.subarray(from, from + bytes), to);
        const what = `${bytes} bytes of ${from} at ${to}`;
        const found = scan(copy).records;
        // A record may be found at another place: a copy of it is as good, but only once and in order.
        const sequences = found.map(({ sequence }) => sequence);
        t.deepEqual(sequences, [...new Set(sequences)].sort(ascending), what);
        t.true(
          found.every((record) => contentOf(copy, record) === contents.get(record.sequence)),
          what,
        );
        const whole = all.filter(
          (record) => record.offset + record.bytes <= to || record.offset >= to + bytes,
        );
        t.deepEqual(
          whole.filter(({ sequence }) => !sequences.includes(sequence)),
          [],
          what,
        );
      }
    }
  }
});

test('a Commit that a doubled block cuts in two, and leaves whole behind it, is found', (t) => {
  const good = fixtureBytes('wal-ops/wal-0.log');
  const [from, to] = [8192, 12_288];
  const doubled = joined(good.subarray(0, to), good.subarray(from, to), good.subarray(to));
  const { records: found, findings } = scan(doubled);
  t.deepEqual(
    found.map(({ sequence }) => sequence),
    scan(good).records.map(({ sequence }) => sequence),
  );
  t.deepEqual(findings.map(brief), ['damage checksum-mismatch 12072+4096']);
});

test('a value that holds records is passed over whole when its own record is bad', (t) => {
  const inner = joined(...records(20, 100n, SYNCED));
  const pieces = [
    ...records(3, 0n, SYNCED),
    recordOf(entryOf({ sequence: 3n, value: inner, operation: putOf(inner), lag: 0 })),
    ...records(3, 4n, SYNCED),
  ];
  const badAt = joined(...pieces.slice(0, 3)).length;
  const bad = pieces[3]!;
  for (const at of [0, 1, 4, 8, 9, bad.length - 64 + 40, bad.length - 70]) {
    const bytes = joined(...pieces);
    bytes[badAt + at]! ^= 8;
    const { records: found, findings } = scan(bytes);
    t.deepEqual(
      found.map(({ sequence }) => sequence),
      [0n, 1n, 2n, 4n, 5n, 6n],
      `byte ${at}`,
    );
    t.deepEqual(
      findings.map(({ offset, bytes: length }) => [offset, length]),
      [[badAt, bad.length]],
    );
  }
});

test('a value that holds records is a torn tail when its own record was not finished', (t) => {
  const inner = joined(...records(50, 1000n, SYNCED));
  const innerBytes = inner.length / 50;
  const pieces = records(3, 0n, SYNCED);
  const torn = recordOf(entryOf({ sequence: 3n, operation: putOf(inner), lag: 0 }));
  const goodEnd = joined(...pieces).length;
  for (let length = 1; length < torn.length; length += 13) {
    // Where an inner record ends exactly at the end of the file, the safe answer is damage.
    if ((length - RECORD_HEADER_BYTES - 1) % innerBytes === 0) continue;
    const { findings, records: found } = scan(joined(...pieces, torn.subarray(0, length)));
    t.is(found.length, 3);
    t.deepEqual(findings.map(brief), [`torn torn-tail ${goodEnd}+${length}`]);
  }
});

test('a segment that grows is read on, and an unfinished record told of again until it is whole', (t) => {
  const pieces = records(4, 0n, SYNCED);
  const all = joined(...pieces);
  const file = new MemoryFile(all.subarray(0, pieces[0]!.length + 30));
  const scanner = WalScanner.open('wal-0.log', { fileSystem: file.fileSystem, isLocked: true });
  t.is(scanner.next(), 'record');
  t.is(scanner.next(), 'finding');
  t.is(scanner.finding!.class, 'in-flight');
  t.is(scanner.next(), 'end');
  file.bytes = all;
  t.true(scanner.lookAgain());
  for (const sequence of [1n, 2n, 3n]) {
    t.is(scanner.next(), 'record');
    t.is(scanner.view.sequence, sequence);
  }
  t.is(scanner.next(), 'end');
  t.true(scanner.lookAgain());
  t.is(scanner.next(), 'end');
  file.bytes = new Uint8Array();
  t.false(scanner.lookAgain());
});

function putOf(value: Uint8Array): { op: 'put'; key: Uint8Array; value: Uint8Array } {
  return { op: 'put', key: new Uint8Array([107]), value };
}

function contentOf(bytes: Uint8Array, { offset, bytes: length }: ScannedRecord): string {
  return Buffer.from(bytes.subarray(offset, offset + length)).toString('latin1');
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
