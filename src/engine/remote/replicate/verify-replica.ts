import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { positionName } from '../../lines/increment-position.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { importChain } from '../../transfer/import-store.js';
import type { BlobStore } from '../blob/blob-store.js';
import { fetchNewest } from '../chain/fetch-moment.js';
import type { ReadOptions } from '../publish/blob-chunks.js';

/**
 * Restores the newest moment of a key, but for making a store of it: all of it is read and held against its sums.
 * @returns its position
 * @throws StatelogError as `fetchNewest` and `importChain`
 */
export async function verifyReplica(
  fileSystem: FileSystem | undefined,
  store: BlobStore,
  key: string,
  options: ReadOptions,
): Promise<string> {
  const { chunks, chain } = await fetchNewest(store, key, options);
  const destination = join(tmpdir(), `statelog-verify-${process.pid}`);
  const source = store.urlOf(key);
  const dry = { fileSystem, source, stream: chunks, destination, dryRun: true, largeValues: true };
  const { epoch, cursor } = await importChain(dry, chain);
  const last = chain?.increments.at(-1)?.header.until ?? chain?.start.position;
  return last === undefined ? (epoch ?? cursor ?? 'none') : positionName(last);
}
