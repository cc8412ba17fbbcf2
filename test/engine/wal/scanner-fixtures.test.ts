import test from 'ava';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { MergedScanner } from '../../../src/engine/wal/scan/merged-scanner.js';
import { CoreWalReader } from '../../../src/engine/wal/scan/reader.js';
import { WalScanner } from '../../../src/engine/wal/scan/scanner.js';
import { listSegments, looksLikeSegment } from '../../../src/engine/wal/folder/segment-folder.js';
import { fixturePath } from '../../support/fixtures.js';
import { entryAsLine, fixtureLines } from '../rkyv/fixture-records.js';

test('a segment of all operations reads as the original read it, with offsets and sizes', (t) => {
  const scanner = WalScanner.open(fixturePath('wal-ops/wal-0.log'), { coreId: 0 });
  const lines: Record<string, unknown>[] = [];
  for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
    t.is(event, 'record');
    const { offset, recordBytes: bytes, view } = scanner;
    lines.push({ ...entryAsLine(view.toEntry()), bytes, offset });
  }
  lines.push({ end: 'Eof', offset: scanner.goodEnd });
  scanner.close();
  t.is(scanner.tail, 'clean');
  t.deepEqual(lines, fixtureLines('wal-ops.ndjson'));
});

test('four cores merge to the order that the original merged them in', (t) => {
  const fileSystem = realFileSystem();
  const segments = listSegments(fileSystem, fixturePath('wal-cores'));
  t.deepEqual(
    segments.map(({ coreId }) => coreId),
    [0, 1, 2, 3],
  );
  const merged = MergedScanner.open(segments);
  const lines: Record<string, unknown>[] = [];
  for (let event = merged.next(); event !== 'end'; event = merged.next()) {
    t.is(event, 'record');
    t.is(merged.segment.path, segments[merged.view.coreId]!.path);
    lines.push(entryAsLine(merged.view.toEntry()));
  }
  merged.close();
  t.deepEqual(lines, fixtureLines('wal-cores.ndjson'));
});

test('a reader starts at any record, and stops after an epoch', (t) => {
  const path = fixturePath('wal-cores/wal-1.log');
  const all = CoreWalReader.open(1, path);
  const first = all.readNext();
  t.is(first.kind, 'entry');
  const rest = all.readAll();
  t.is(all.position, all.fileLength);
  all.close();

  const fromSecond = CoreWalReader.open(1, path, { from: first.kind === 'entry' ? first.bytes : 0 });
  t.deepEqual(fromSecond.readAll(), rest);
  t.deepEqual(fromSecond.readNext(), { kind: 'end', tail: 'clean' });
  fromSecond.close();

  const early = CoreWalReader.open(1, path);
  const upTo = early.readUpToEpoch(1n);
  early.close();
  t.true(upTo.length > 0 && upTo.length < rest.length);
  t.true(upTo.every(({ epoch }) => epoch <= 1n));
});

test('a segment is told by its content', (t) => {
  const fileSystem = realFileSystem();
  t.true(looksLikeSegment(fileSystem, fixturePath('wal-ops/wal-0.log')));
  t.false(looksLikeSegment(fileSystem, fixturePath('fold-log.snap')));
  t.false(looksLikeSegment(fileSystem, fixturePath('state-large.db')));
  t.false(looksLikeSegment(fileSystem, fixturePath('state-large.idx')));
});
