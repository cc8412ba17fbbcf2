import type { FileSystem } from '../storage-io/interface/file-system.js';
import { dropBrokenCopies, type CutStore } from './broken-copies.js';
import type { CompactReport, WritableStore } from './store.js';

/** The result of a compaction, with the copies of cut ends that it removed on request. */
export interface StoreCompaction extends CompactReport {
  readonly droppedCopies?: number | undefined;
  readonly droppedBytes?: number | undefined;
}

/** Compacts a store that is locked; with `dropBroken` the copies of what recovery cut go as well, once that is done. */
export async function compactStore(
  fileSystem: FileSystem,
  store: WritableStore,
  dropBroken: boolean,
): Promise<StoreCompaction> {
  const report = await store.compact();
  return dropBroken ? withoutCopies(report, dropBrokenCopies(fileSystem, asCut(store)), store.kind) : report;
}

/** The report after copies were removed: those of a state directory count among its bytes. */
export function withoutCopies(
  report: CompactReport,
  { paths, bytes }: { readonly paths: readonly string[]; readonly bytes: number },
  kind: WritableStore['kind'],
): StoreCompaction {
  const bytesAfter = kind === 'directory' ? report.bytesAfter - bytes : report.bytesAfter;
  return { ...report, bytesAfter, droppedCopies: paths.length, droppedBytes: bytes };
}

function asCut({ kind, path }: WritableStore): CutStore {
  return { kind: kind === 'directory' ? 'directory' : 'log', path };
}
