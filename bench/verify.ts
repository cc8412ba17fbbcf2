import { AppendLogSnapshot } from '../src/engine/artifact/backends/append-log-snapshot.js';
import { KvUpdate } from '../src/engine/fold/format/update.js';
import { WatchCursor } from '../src/engine/fold/format/watch-cursor.js';
import { verifyPath } from '../src/engine/inspect/verify/verify-path.js';
import { MmapStateStore } from '../src/engine/state/store/mmap-state-store.js';
import { realFileSystem } from '../src/engine/storage-io/real/real-file-system.js';
import { CoreWalWriter } from '../src/engine/wal/write/writer.js';
import { prepareExport } from '../src/engine/transfer/export-store.js';
import { sequentialKeys, VALUE } from './frame/data.js';
import type { BenchTask, BenchTopic } from './frame/task.js';
import { milliseconds } from './frame/timing.js';
import { recordBytes } from './wal/segment.js';

const LONG_VALUE = new Uint8Array(4096).fill(0x42);

/** `verify`, of files that are in the page cache. */
export const verifyTopic: BenchTopic = {
  id: 'verify',
  title: 'verify, from the page cache',
  async run(task) {
    const bytes = task.scale.fileMegabytes * 1e6;
    const longKeys = Math.ceil(bytes / LONG_VALUE.length);
    const segment = makeSegment(task, Math.ceil(bytes / recordBytes(14, VALUE.length)));
    await measure(task, 'wal', 'a segment of 192-byte records', segment);
    await measure(task, 'state', 'a state file, values of 4 KiB', makeStateFile(task, longKeys, LONG_VALUE));
    const short = makeStateFile(task, Math.ceil(bytes / 2 / VALUE.length), VALUE);
    await measure(task, 'state-short', 'a state file, values of 100 bytes', short);
    const fold = makeFold(task, longKeys, LONG_VALUE);
    await measure(task, 'fold', 'a fold log, values of 4 KiB', fold);
    await measure(task, 'artifact', 'an artifact of it', makeArtifact(task, fold));
    const shortFold = makeFold(task, Math.ceil(bytes / 2 / VALUE.length), VALUE);
    await measure(task, 'fold-short', 'a fold log, values of 100 bytes', shortFold);
  },
};

async function measure(task: BenchTask, id: string, title: string, path: string): Promise<void> {
  await task.measure({ id, title, unit: 'MB/s' }, () => {
    let bytes = 0;
    const spent = milliseconds(() => {
      bytes = verifiedBytes(path);
    });
    return bytes / 1000 / spent;
  });
}

function verifiedBytes(path: string): number {
  const findings = verifyPath(realFileSystem(), path, { quick: false });
  for (;;) {
    const next = findings.next();
    if (next.done === true) return next.value.bytes;
    if (next.value.severity === 'damage') throw new Error(`${path}: ${next.value.message}`);
  }
}

function makeSegment(task: BenchTask, count: number): string {
  const path = task.fresh('segment', 'wal-0.log');
  const writer = CoreWalWriter.create(0, path);
  for (const key of sequentialKeys(count)) writer.appendPut(key, VALUE);
  writer.close();
  return path;
}

function makeStateFile(task: BenchTask, count: number, value: Uint8Array): string {
  const path = task.fresh('state', 'state-0.db');
  const store = MmapStateStore.persistent(path, 1 << 20);
  for (const key of sequentialKeys(count)) store.put(key, value);
  store.flush();
  store.close();
  return path;
}

function makeFold(task: BenchTask, count: number, value: Uint8Array): string {
  const path = task.fresh('fold', 'bench.snap');
  const { store } = AppendLogSnapshot.open(path, Infinity);
  for (const key of sequentialKeys(count)) store.write(KvUpdate.put(key, value));
  store.checkpoint(WatchCursor.fromU64(1n));
  store.close();
  return path;
}

function makeArtifact(task: BenchTask, source: string): string {
  const artifact = task.fresh('artifact', 'artifact');
  const prepared = prepareExport({ source, createdAtUnix: 1_700_000_000 });
  prepared.writeTo(artifact, 'folder');
  prepared.close();
  return artifact;
}
