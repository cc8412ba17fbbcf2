import { forecastCheckpoint } from '../directory/checkpoint/core-forecast.js';
import { DirectoryLayout } from '../directory/manifest/layout.js';
import { readDirectory, type DirectorySnapshot } from '../directory/read/reader.js';
import { FoldStore } from '../store/fold-store.js';
import type { CompactReport } from '../store/store.js';
import { StatelogError } from '../errors.js';
import {
  INDEX_HEADER_BYTES,
  STATE_FILE_BYTES_MIN,
  STATE_HEADER_BYTES,
  pageCount,
} from '../state/format/format.js';
import { expectedIndexBytes, type IndexShape } from '../state/format/index-size.js';
import { anchoredSource } from '../storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import { treeBytes } from '../storage-io/whole/tree-bytes.js';
import { brokenCopies } from '../store/broken-copies.js';
import { withoutCopies, type StoreCompaction } from '../store/compact-store.js';
import { identify, type IdentifiedKind } from './identify.js';

/** Bytes of one page's checksum. */
const PAGE_SUM_BYTES = 4;
/** The block of an index beside its sums, about. */
const INDEX_BLOCK_BYTES = 128;

/** The compaction to forecast. */
export interface ForecastOptions {
  readonly fileSystem?: FileSystem | undefined;
  /** The copies of what was cut go as well. */
  readonly dropBroken?: boolean | undefined;
}

/**
 * Forecasts the result of a compaction without writing. Of a state directory the bytes afterwards are an
 * estimate: the newest checkpoint written anew, beside those that are kept.
 */
export function forecastCompaction(path: string, options: ForecastOptions = {}): StoreCompaction {
  const { fileSystem: disk = realFileSystem(), dropBroken = false } = options;
  const fileSystem = anchoredSource(disk, path);
  const { kind } = identify(fileSystem, path);
  const report = forecastOf(fileSystem, kind, path);
  if (!dropBroken) return report;
  const store = kind === 'log' ? 'log' : 'directory';
  return withoutCopies(report, brokenCopies(fileSystem, { kind: store, path }), store);
}

function forecastOf(fileSystem: FileSystem, kind: IdentifiedKind, path: string): CompactReport {
  if (kind === 'log') return forecastFold(path, fileSystem);
  if (kind !== 'directory') {
    throw new StatelogError('NOT_REPRESENTABLE', 'only state directories and fold logs are compacted', {
      path,
    });
  }
  const bytesBefore = treeBytes(fileSystem, path);
  const snapshot = readDirectory({ fileSystem, root: path });
  const { states } = snapshot;
  try {
    let keys = 0;
    let bytesAfter = stayingBytes(fileSystem, path, snapshot);
    for (const core of states.all) {
      const forecast = forecastCheckpoint(core);
      keys += forecast.count;
      bytesAfter += checkpointBytes(forecast);
    }
    return { bytesBefore, bytesAfter: hasAnything(snapshot) ? bytesAfter : bytesBefore, keys };
  } finally {
    states.release();
  }
}

/** The two files of one core. */
function checkpointBytes(content: IndexShape & { readonly liveBytes: number }): number {
  const index = expectedIndexBytes(content);
  const sums = (pageCount(index) + pageCount(content.liveBytes)) * PAGE_SUM_BYTES;
  const values = Math.max(STATE_HEADER_BYTES + content.liveBytes, STATE_FILE_BYTES_MIN);
  return values + INDEX_HEADER_BYTES + INDEX_BLOCK_BYTES + sums + index;
}

/** Bytes of the earlier checkpoints that are still kept beside the newest one afterwards. */
function stayingBytes(
  fileSystem: FileSystem,
  path: string,
  { manifest: { keep, checkpoints } }: DirectorySnapshot,
): number {
  const layout = new DirectoryLayout(path);
  const kept = keep > 1 ? checkpoints.slice(1 - keep) : [];
  const places = [layout.manifest, layout.broken, ...kept.map(({ epoch }) => layout.checkpoint(epoch))];
  const seen = new Set<string>();
  return places.reduce((sum, place) => sum + treeBytes(fileSystem, place, seen), 0);
}

/** Without a change there is no checkpoint, and nothing to compact. */
function hasAnything({ manifest, segments }: DirectorySnapshot): boolean {
  return manifest.checkpoints.length > 0 || segments.some(({ records }) => records > 0);
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
