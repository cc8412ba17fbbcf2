import { cpSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { MergedScanner } from '../../../src/engine/wal/scan/merged-scanner.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { WalScanner } from '../../../src/engine/wal/scan/scanner.js';
import { listSegments } from '../../../src/engine/wal/folder/segment-folder.js';
import { WalSegments } from '../../../src/engine/wal/write/segments.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { entryAsLine } from '../rkyv/fixture-records.js';
import { isOriginalThere, ORIGINAL, readByOriginal } from './original-harness.js';

const compared = needing(test, ORIGINAL, isOriginalThere);
const LENGTHS = [0, 1, 7, 8, 9, 15, 16, 17, 100, 1000];

function writeEverything(writer: CoreWalWriter): void {
  let round = 0;
  for (const keyLength of LENGTHS) {
    for (const valueLength of LENGTHS) {
      const key = new Uint8Array(keyLength).fill(round);
      writer.appendPut(key, new Uint8Array(valueLength).fill(round + 1));
      writer.appendDelete(key);
      round += 1;
      // Some records have a lag of 0, most do not.
      if (round % 5 === 0) writer.sync();
    }
  }
  for (let count = 0; count < 20; count++) {
    const names = Array.from({ length: count }, (_, index) =>
      index % 2 === 0 ? `t${index}` : `a-longer-name-${index}`,
    );
    const offsets = new Map(names.map((name, index) => [name, 2n ** 64n - 1n - BigInt(index)]));
    writer.appendCommit(offsets, count % 2 === 0 ? undefined : -(2n ** 63n));
    writer.appendCheckpoint(BigInt(count));
  }
  writer.setEpoch(2n ** 64n - 1n);
  writer.appendEpochBarrier();
  writer.appendPut(toUtf8('large'), new Uint8Array(1_500_000).fill(3));
  writer.appendDelete(toUtf8('last'));
}

compared('LaminarDB reads all that we write, with the lags in it', (t) => {
  const file = path.join(tempDir(t), 'wal-0.log');
  const writer = CoreWalWriter.create(0, file);
  writeEverything(writer);
  writer.close();
  const ours: Record<string, unknown>[] = [];
  const scanner = WalScanner.open(file, { coreId: 0 });
  let lags = 0;
  for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
    t.is(event, 'record');
    if (scanner.view.lag > 0) lags += 1;
    const { offset, recordBytes: bytes, view } = scanner;
    ours.push({ ...entryAsLine(view.toEntry()), bytes, offset });
  }
  scanner.close();
  t.true(lags > 100);
  t.deepEqual(readByOriginal('wal', file), [...ours, { end: 'Eof', offset: writer.position }]);
});

compared('LaminarDB merges four segments of ours to the order that we merge them in', (t) => {
  const folder = path.join(tempDir(t), 'wal');
  const segments = WalSegments.create(folder, 4);
  for (let epoch = 0; epoch < 3; epoch++) {
    for (let index = 0; index < 200; index++) {
      const writer = segments.writer((index * 7 + epoch) % 4);
      writer.appendPut(toUtf8(`key-${index}`), new Uint8Array(index % 90));
      if (index % 9 === 0) writer.appendDelete(toUtf8(`key-${index - 1}`));
      if (index % 31 === 0) segments.syncAll();
    }
    segments.advanceEpoch();
    segments.syncAll();
  }
  segments.close();
  const merged = MergedScanner.open(listSegments(realFileSystem(), folder));
  const ours: Record<string, unknown>[] = [];
  for (let event = merged.next(); event !== 'end'; event = merged.next()) {
    t.is(event, 'record');
    ours.push(entryAsLine(merged.view.toEntry()));
  }
  merged.close();
  t.is(ours.length, 3 * (200 + 23 + 4));
  // Opening cuts what it takes for damage: it gets a copy.
  const copy = path.join(tempDir(t), 'copy');
  cpSync(folder, copy, { recursive: true });
  t.deepEqual(readByOriginal('wal-dir', copy), ours);
});
