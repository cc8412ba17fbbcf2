import { forecastCheckpoint } from '../directory/core-checkpoint.js';
import { readDirectory } from '../directory/reader.js';
import { FoldStore } from '../store/fold-store.js';
import type { CompactReport } from '../store/store.js';
import { StatelogError } from '../errors.js';
import { STATE_HEADER_BYTES } from '../state/format.js';
import { expectedIndexBytes } from '../state/index-size.js';
import type { FileSystem } from '../storage-io/file-system.js';
import { realFileSystem } from '../storage-io/real-file-system.js';
import { treeBytes } from '../storage-io/tree-bytes.js';
import { identify } from './identify.js';

/**
 * What a compaction would come to, told without writing. Of a state directory the bytes afterwards
 * are an estimate: the newest checkpoint written anew, beside those that are kept.
 */
export function forecastCompaction(path: string, fileSystem: FileSystem = realFileSystem()): CompactReport {
  const { kind } = identify(fileSystem, path);
  if (kind === 'log') return forecastFold(path, fileSystem);
  if (kind !== 'directory') {
    throw new StatelogError('NOT_REPRESENTABLE', 'only state directories and fold logs are compacted', {
      path,
    });
  }
  const bytesBefore = treeBytes(fileSystem, path);
  const { states } = readDirectory({ fileSystem, root: path });
  try {
    let keys = 0;
    let bytesAfter = bytesBefore;
    for (const core of states.all) {
      const forecast = forecastCheckpoint(core);
      keys += forecast.count;
      bytesAfter += STATE_HEADER_BYTES + forecast.liveBytes + expectedIndexBytes(forecast);
    }
    return { bytesBefore, bytesAfter, keys };
  } finally {
    states.release();
  }
}

function forecastFold(path: string, fileSystem: FileSystem): CompactReport {
  const store = FoldStore.load(path, fileSystem);
  try {
    const { bytes, compactBytes } = store.sizes;
    return { bytesBefore: bytes, bytesAfter: compactBytes, keys: store.count() };
  } finally {
    store.close();
  }
}
