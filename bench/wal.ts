import { CoreWalWriter } from '../src/engine/wal/write/writer.js';
import { WalScanner } from '../src/engine/wal/scan/scanner.js';
import { Overlay } from '../src/engine/directory/state/overlay.js';
import { replaySegment } from '../src/engine/directory/read/replay.js';
import { realFileSystem } from '../src/engine/storage-io/real/real-file-system.js';
import { sequentialKeys, VALUE } from './frame/data.js';
import type { Side } from './frame/figure.js';
import type { BenchTask, BenchTopic } from './frame/task.js';
import { keep, nsEach } from './frame/timing.js';
import { measureCommits } from './wal/commits.js';
import { measureValues } from './wal/values.js';
import { newSegment, recordBytes } from './wal/segment.js';

/** The write-ahead log: records of 192 bytes, unless said otherwise. */
export const walTopic: BenchTopic = {
  id: 'wal',
  title: 'the write-ahead log; keys of 14 bytes, values of 100: records of 192 bytes, unless said otherwise',
  async run(task) {
    const keys = sequentialKeys(task.scale.keys);
    await measureAppends(task, keys);
    await measureReads(task, keys);
    await measureCommits(task, keys);
    await measureValues(task);
  },
};

async function measureAppends(task: BenchTask, keys: readonly Uint8Array[]): Promise<void> {
  const original = { name: 'wal append_put 14 B key, 100 B value (page cache)' };
  const appendAll = (writer: CoreWalWriter, end: () => void): number => {
    const spent = nsEach(keys.length, () => {
      for (const key of keys) writer.appendPut(key, VALUE);
      end();
    });
    writer.abandon();
    return spent;
  };
  await task.measure({ id: 'append', title: 'append, one sync at the end', unit: 'ns', original }, () => {
    const writer = newSegment(task);
    return appendAll(writer, () => {
      writer.sync();
    });
  });
  await task.measure({ id: 'append-cache', title: 'append, to the page cache', unit: 'ns' }, () => {
    const writer = newSegment(task);
    return appendAll(writer, () => {
      writer.flush();
    });
  });
}

async function measureReads(task: BenchTask, keys: readonly Uint8Array[]): Promise<void> {
  const path = task.fresh('reads', 'wal-0.log');
  const writer = CoreWalWriter.create(0, path);
  for (const key of keys) writer.appendPut(key, VALUE);
  writer.close();
  const original = { name: 'wal read_all' };
  await task.measure({ id: 'decode', title: 'read and check, a record', unit: 'ns', original }, () =>
    nsEach(keys.length, () => {
      scanAll(path);
    }),
  );
  recordRate(task, 'decode', 'read and check');
  await task.measure({ id: 'replay', title: 'replay into a store in memory, a record', unit: 'ns' }, () =>
    nsEach(keys.length, () => {
      replayAll(path);
    }),
  );
  recordRate(task, 'replay', 'replay into a store in memory');
}

function scanAll(path: string): void {
  const scanner = WalScanner.open(path, { coreId: 0 });
  while (scanner.next() === 'record') keep(scanner.view.valueLength);
  scanner.close();
}

function replayAll(path: string): void {
  const fileSystem = realFileSystem();
  const segment = {
    fileSystem,
    path,
    coreId: 0,
    epoch: 0n,
    expectedSequence: 0n,
    isLocked: false,
    wasClosed: () => false,
  };
  const overlay = new Overlay();
  replaySegment(segment, overlay, { sources: new Map(), watermark: undefined });
  keep(overlay.count);
}

/** The same as megabytes of log a second. */
function recordRate(task: BenchTask, id: string, title: string): void {
  const side: Side = 'statelog';
  const { samples } = task.figures.find((figure) => figure.id === id)!;
  const bytes = recordBytes(14, VALUE.length);
  const rates = samples.map((ns) => (bytes * 1000) / ns);
  task.record({ id: `${id}-rate`, title, unit: 'MB/s' }, side, rates);
}
