import { createDirectory } from '../directory/checkpoint/create-directory.js';
import { buildCheckpoint } from '../directory/checkpoint/build-checkpoint.js';
import type { PairShape } from '../state/write/pair-writer.js';
import type { CheckpointSummary } from '../directory/manifest/checkpoint-summary.js';
import { HEADER_BYTES } from '../fold/format/format.js';
import { headerBytes } from '../fold/format/header.js';
import { LogWriter } from '../fold/write/log-writer.js';
import { checkUpdate } from '../fold/format/update.js';
import { VersionToken } from '../fold/format/version-token.js';
import { WatchCursor } from '../fold/format/watch-cursor.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { writeFully } from '../storage-io/whole/write-fully.js';
import type { EntryVisitor } from '../store/store.js';

/** Shows all entries in key order, from the first each time it is called; each is lent for a call. */
export type EntriesInOrder = (visit: EntryVisitor) => void;

/** The entries of a store, or of whatever shows them likewise. */
export function entriesOf(source: { forEachEntry(visit: EntryVisitor): void }): EntriesInOrder {
  return (visit) => {
    source.forEachEntry(visit);
  };
}

/** The content to build a state directory from. */
export interface DirectorySource {
  readonly forEachEntry: EntriesInOrder;
  /** The shape of each core's part, so that the entries need not be counted first. */
  readonly shapes?: readonly PairShape[] | undefined;
  readonly cores?: number | undefined;
  /** The point at which its epochs, sources and numbering go on; default: from the start. */
  readonly summary?: CheckpointSummary | undefined;
}

/**
 * Makes a state directory of entries: there whole and durable, or not at all.
 * @throws StatelogError `ALREADY_EXISTS`, `LIMIT_EXCEEDED`
 */
export function buildDirectoryStore(fileSystem: FileSystem, root: string, source: DirectorySource): void {
  const { summary, forEachEntry, shapes } = source;
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
      forEachEntry,
      shapes,
    ),
  ]);
}

/** The content to build a fold log from. */
export interface FoldSource {
  readonly forEachEntry: EntriesInOrder;
  readonly cursor: Uint8Array | undefined;
  readonly largeValues?: boolean | undefined;
}

/**
 * Makes a fold log of entries, in its compact form and synced: written as they come, in constant memory. Not
 * atomic: build it in a folder of ours, and rename it.
 * @throws StatelogError `NOT_REPRESENTABLE`, `LIMIT_EXCEEDED` for what a fold log cannot hold
 */
export function buildFoldLog(
  fileSystem: FileSystem,
  path: string,
  { forEachEntry, cursor, largeValues }: FoldSource,
): void {
  const descriptor = fileSystem.createExclusive(path);
  try {
    writeFully(fileSystem, descriptor, headerBytes());
    const writer = new LogWriter(fileSystem, path, descriptor, HEADER_BYTES);
    forEachEntry((key, value, version) => {
      checkUpdate({ op: 'put', key, value }, largeValues);
      writer.appendPut(
        key,
        value,
        version === undefined ? VersionToken.unknown() : VersionToken.fromBytes(version),
      );
    });
    if (cursor !== undefined && cursor.length > 0) writer.appendCursor(WatchCursor.fromBytes(cursor));
    writer.sync();
  } finally {
    fileSystem.close(descriptor);
  }
}
