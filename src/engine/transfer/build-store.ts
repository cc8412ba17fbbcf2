import { createDirectory } from '../directory/create-directory.js';
import { buildCheckpoint } from '../directory/build-checkpoint.js';
import type { CheckpointSummary } from '../directory/checkpoint-summary.js';
import { AppendLogFold } from '../fold/append-log-fold.js';
import { KvUpdate } from '../fold/update.js';
import { VersionToken, WatchCursor } from '../fold/version-token.js';
import type { FileSystem } from '../storage-io/file-system.js';
import type { StoredEntry } from '../store/store.js';

/** Entries in key order, from the first each time they are asked for. */
export type EntriesInOrder = () => Iterable<StoredEntry>;

/** What a state directory is built from. */
export interface DirectorySource {
  readonly entries: EntriesInOrder;
  readonly cores?: number | undefined;
  /** Where its epochs, sources and numbering go on; default: from the start. */
  readonly summary?: CheckpointSummary | undefined;
}

/**
 * Makes a state directory of entries: there whole and durable, or not at all.
 * @throws StatelogError `ALREADY_EXISTS`, `LIMIT_EXCEEDED`
 */
export function buildDirectoryStore(fileSystem: FileSystem, root: string, source: DirectorySource): void {
  const { summary, entries } = source;
  const cores = source.cores ?? summary?.cores.length ?? 1;
  createDirectory({ fileSystem, root, cores }, (layout, manifest) => [
    buildCheckpoint(
      {
        fileSystem,
        layout,
        manifest,
        epoch: summary === undefined || summary.epoch === 0n ? 1n : summary.epoch,
        sources: summary?.sources ?? new Map(),
        watermark: summary?.watermark,
        numbering: summary?.cores.length === cores ? summary.cores : undefined,
      },
      entries,
    ),
  ]);
}

const ENTRIES_A_BATCH = 4096;

/** What a fold log is built from. */
export interface FoldSource {
  readonly entries: EntriesInOrder;
  readonly cursor: Uint8Array | undefined;
}

/**
 * Makes a fold log of entries, in its compact form and synced. Not atomic: build it in a folder of
 * ours, and rename it.
 * @throws StatelogError `NOT_REPRESENTABLE`, `LIMIT_EXCEEDED` for what a fold log cannot hold
 */
export function buildFoldLog(fileSystem: FileSystem, path: string, { entries, cursor }: FoldSource): void {
  const { store } = AppendLogFold.open(path, Infinity, { fileSystem });
  try {
    let batch: KvUpdate[] = [];
    for (const { key, value, version } of entries()) {
      const token = version === undefined ? VersionToken.unknown() : VersionToken.fromBytes(version);
      batch.push(KvUpdate.put(key, value, token));
      if (batch.length < ENTRIES_A_BATCH) continue;
      store.apply(batch, WatchCursor.none());
      batch = [];
    }
    store.apply(batch, cursor === undefined ? WatchCursor.none() : WatchCursor.fromBytes(cursor));
    store.compact();
  } finally {
    store.close();
  }
}
