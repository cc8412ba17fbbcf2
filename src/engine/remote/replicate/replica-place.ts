import { fromUtf8, toUtf8 } from '../../bytes/text/text.js';
import { isStatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { replaceFile } from '../../storage-io/whole/atomic-write.js';
import { readWholeFile } from '../../storage-io/whole/write-fully.js';

const BYTES_MAX = 64 * 1024;

/** The file beside a store that says where it is replicated to, so that its status can be asked for by its path. */
export function replicaPath(store: string): string {
  return `${store.replace(/\/+$/, '')}.replica.json`;
}

/** Writes where a store is replicated to, unless that is written there already. */
export function writeReplicaUrl(fileSystem: FileSystem, store: string, url: string): void {
  if (readReplicaUrl(fileSystem, store) === url) return;
  replaceFile(fileSystem, replicaPath(store), toUtf8(`${JSON.stringify({ statelog: 1, url })}\n`));
}

/** The URL that a store is replicated to; undefined where none is known. */
export function readReplicaUrl(fileSystem: FileSystem, store: string): string | undefined {
  try {
    const fields: unknown = JSON.parse(
      fromUtf8(readWholeFile(fileSystem, replicaPath(store), BYTES_MAX)) ?? '',
    );
    const { url } = Object(fields) as Record<string, unknown>;
    return typeof url === 'string' ? url : undefined;
  } catch (error) {
    if (isStatelogError(error, 'NOT_FOUND') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
