import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { ContentSums } from '../../../src/engine/lines/increment-lines.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { prepareExport, type ExportRequest } from '../../../src/engine/transfer/export-store.js';
import { importStore } from '../../../src/engine/transfer/import-store.js';
import { importOnto, type OntoReport } from '../../../src/engine/transfer/import-increment.js';

/** A change of a history: a value is put, undefined is deleted. */
export type Step = readonly [key: string, value: string | undefined];

/** A kind of store, and how its history is made. */
export interface HistoryKind {
  readonly create: (path: string, fileSystem?: FileSystem) => void;
  /** Writes one batch, and closes a position behind it. */
  readonly write: (
    path: string,
    batch: readonly Step[],
    position: number,
    fileSystem?: FileSystem,
  ) => Promise<void>;
}

export const HISTORIES: Readonly<Record<'directory' | 'log', HistoryKind>> = {
  directory: {
    create: (path, fileSystem) => {
      StateDirectory.create(path, { fileSystem, cores: 2, keep: 20 });
    },
    write: async (path, batch, position, fileSystem) => {
      const store = await StateDirectory.open(path, { fileSystem });
      for (const [key, value] of batch) {
        if (value === undefined) store.delete(toUtf8(key));
        else store.put(toUtf8(key), toUtf8(value));
      }
      await store.commit(new Map([['orders', BigInt(position)]]), BigInt(position * 10));
      await store.checkpoint();
      store.close();
    },
  },
  log: {
    create: (path, fileSystem = realFileSystem()) => {
      AppendLogFold.open(path, Infinity, { fileSystem, compactOnOpen: false }).store.close();
    },
    write: (path, batch, position, fileSystem = realFileSystem()) => {
      const { store } = AppendLogFold.open(path, Infinity, { fileSystem, compactOnOpen: false });
      const updates = batch.map(([key, value], index) => {
        const version = VersionToken.fromU64(BigInt(position * 1000 + index));
        return value === undefined
          ? KvUpdate.delete(key, version)
          : KvUpdate.put(key, toUtf8(value), version);
      });
      store.apply(updates, WatchCursor.fromU64(BigInt(position)));
      store.close();
      return Promise.resolve();
    },
  },
};

/** The bytes of an export. */
export function exported(source: string, request: Partial<ExportRequest> = {}): Buffer {
  const prepared = prepareExport({ source, createdAtUnix: 0, as: 'ndjson', ...request });
  try {
    return Buffer.concat([...prepared.chunks()].map((chunk) => Buffer.from(chunk)));
  } finally {
    prepared.close();
  }
}

/** A stream of bytes, in pieces. */
export async function* streamOf(bytes: Uint8Array, pieceBytes = 1000): AsyncGenerator<Uint8Array, void> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

export async function importNew(
  bytes: Uint8Array,
  destination: string,
  fileSystem?: FileSystem,
): Promise<void> {
  await importStore({ source: 'a stream', stream: streamOf(bytes), destination, fileSystem });
}

export function onto(bytes: Uint8Array, destination: string, fileSystem?: FileSystem): Promise<OntoReport> {
  return importOnto({ source: 'a stream', stream: streamOf(bytes), destination, fileSystem });
}

/** Everything that an increment carries: content, revisions, position, sources, watermark. */
export function standing(path: string, fileSystem?: FileSystem): string {
  const store = openReadable(path, { fileSystem });
  try {
    const { cursor, epoch, sources, watermark } = store;
    const kind = store.kind === 'log' ? 'log' : 'directory';
    const sums = new ContentSums({ kind, cursor, epoch, sources, watermark });
    store.forEachEntry((key, value, version) => {
      sums.add(key, value, version);
    });
    return JSON.stringify({ ...sums.sums(), epoch: String(epoch) });
  } finally {
    store.close();
  }
}
