import { appendFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { Follow } from '../../../../src/engine/inspect/follow/follow.js';
import { realFileSystem } from '../../../../src/engine/storage-io/real/real-file-system.js';
import { CoreWalWriter } from '../../../../src/engine/wal/write/writer.js';
import { tempDir } from '../../../support/temp-dir.js';
import { joined, records } from '../../wal/segment-builder.js';

const fileSystem = realFileSystem();

/** What there is to tell: `core:sequence` of each record, and the class of each finding. */
function looked(follow: Follow): string[] {
  const told: string[] = [];
  for (let event = follow.next(); event !== 'waiting'; event = follow.next()) {
    const { coreId, sequence } = event === 'record' ? follow.segment.view : { coreId: 0, sequence: 0n };
    told.push(event === 'record' ? `${coreId}:${sequence}` : follow.finding!.class);
  }
  return told;
}

test('a record is told of when it is whole, byte by byte as it may come, and once', (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const [first, second, third] = records(3) as [Uint8Array, Uint8Array, Uint8Array];
  writeFileSync(segment, first);
  const follow = Follow.open(fileSystem, segment);
  t.deepEqual(looked(follow), ['0:0']);
  for (const [at, byte] of second.entries()) {
    t.deepEqual(looked(follow), [], `${at} bytes`);
    appendFileSync(segment, Uint8Array.of(byte));
  }
  t.deepEqual(looked(follow), ['0:1']);
  appendFileSync(segment, third);
  t.deepEqual(looked(follow), ['0:2']);
  t.deepEqual(looked(follow), []);
  follow.close();
});

test('damage is told of once, and the records behind it', (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const all = records(4);
  all[1]![20]! ^= 1;
  writeFileSync(segment, joined(...all.slice(0, 3)));
  const follow = Follow.open(fileSystem, segment);
  t.deepEqual(looked(follow), ['0:0', 'checksum-mismatch', '0:2']);
  appendFileSync(segment, all[3]!);
  t.deepEqual(looked(follow), ['0:3']);
  follow.close();
});

test('a segment that is cut to nothing and started again, as LaminarDB does, is read from its start', (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  writeFileSync(segment, joined(...records(3)));
  const follow = Follow.open(fileSystem, segment);
  t.deepEqual(looked(follow), ['0:0', '0:1', '0:2']);
  truncateSync(segment, 0);
  t.deepEqual(looked(follow), []);
  appendFileSync(segment, joined(...records(2, 3n)));
  t.deepEqual(looked(follow), ['0:3', '0:4']);
  // Cut and grown past where it was between two looks; and a writer that numbers from 0 again.
  writeFileSync(segment, joined(...records(6, 0n, { epoch: 2n })));
  t.deepEqual(looked(follow), ['0:0', '0:1', '0:2', '0:3', '0:4', '0:5']);
  follow.close();
});

test('records that were cut off before they were read are told of as missing', (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  writeFileSync(segment, joined(...records(3)));
  const follow = Follow.open(fileSystem, segment);
  looked(follow);
  writeFileSync(segment, joined(...records(3, 7n)));
  t.deepEqual(looked(follow), ['sequence-gap', '0:7', '0:8', '0:9']);
  t.like(follow.finding, { expected: '3', found: '7', offset: 0 });
  follow.close();
});

test('of a segment that loses its last records, only what is new is told', (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const all = records(8);
  writeFileSync(segment, joined(...all));
  const follow = Follow.open(fileSystem, segment);
  t.is(looked(follow).length, 8);
  const kept = joined(...all.slice(0, 5));
  truncateSync(segment, kept.length);
  t.deepEqual(looked(follow), []);
  appendFileSync(segment, joined(...records(2, 0n, { epoch: 2n })));
  t.deepEqual(looked(follow), ['0:0', '0:1']);
  follow.close();
});

test('a segment that is moved away is read to its end before the one that takes its place', (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const all = records(6);
  writeFileSync(segment, joined(...all.slice(0, 2)));
  const follow = Follow.open(fileSystem, segment);
  t.deepEqual(looked(follow), ['0:0', '0:1']);
  appendFileSync(segment, all[2]!);
  renameSync(segment, `${segment}.1`);
  t.deepEqual(looked(follow), ['0:2']);
  appendFileSync(`${segment}.1`, all[3]!);
  writeFileSync(segment, joined(...all.slice(4)));
  t.deepEqual(looked(follow), ['0:3', '0:4', '0:5']);
  rmSync(segment);
  t.deepEqual(looked(follow), []);
  follow.close();
});

test('a writer of ours that starts its segment again is followed', (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const writer = CoreWalWriter.create(0, segment);
  const follow = Follow.open(fileSystem, segment);
  const told: string[] = [];
  for (let round = 0; round < 3; round++) {
    for (let record = 0; record < 100; record++) {
      writer.appendPut(Buffer.from(`key-${record}`), Buffer.alloc(record));
      if (record % 10 === 9) writer.sync();
      if (record % 7 === 0) told.push(...looked(follow));
    }
    told.push(...looked(follow));
    writer.reset();
  }
  writer.close();
  t.deepEqual(
    told,
    Array.from({ length: 300 }, (_, index) => `0:${index % 100}`),
  );
  follow.close();
});

test('segments of a folder are merged as far as they are there, and new ones are found', (t) => {
  const folder = tempDir(t);
  const place = (core: number): string => path.join(folder, `wal-${core}.log`);
  writeFileSync(place(1), joined(...records(2, 0n, { coreId: 1 })));
  writeFileSync(place(0), joined(...records(2)));
  const follow = Follow.open(fileSystem, folder);
  t.deepEqual(looked(follow), ['0:0', '1:0', '0:1', '1:1']);
  writeFileSync(place(2), joined(...records(1, 0n, { coreId: 2 })));
  appendFileSync(place(0), joined(...records(1, 2n)));
  t.deepEqual(looked(follow).sort(), ['0:2', '2:0']);
  follow.close();
});
