import {
  LAST,
  extendChain,
  startBeside,
  type Extended,
} from '../../../src/engine/remote/chain/extend-chain.js';
import { fetchMoment, fetchNewest } from '../../../src/engine/remote/chain/fetch-moment.js';
import { publish } from '../../../src/engine/remote/publish/publish.js';
import type { BlobStore } from '../../../src/engine/remote/blob/blob-store.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';
import { importChain, type ImportReport } from '../../../src/engine/transfer/import-store.js';
import { KEY, quick, SECONDS } from './snapshots.js';

/** Publishes a whole snapshot that increments can stand on. */
export async function publishWhole(blobs: BlobStore, source: string): Promise<void> {
  const prepared = prepareExport({ source, createdAtUnix: SECONDS });
  try {
    const beside = startBeside(blobs, KEY, prepared, quick)?.put;
    await publish(blobs, KEY, prepared.artifact!, { ...quick, beside });
  } finally {
    prepared.close();
  }
}

/** Adds what changed since the end of the chain. */
export function extend(blobs: BlobStore, source: string, since = LAST): Promise<Extended> {
  return extendChain(blobs, KEY, { source, since }, quick);
}

/** Makes a store of the newest moment, or of an earlier one. */
export async function restore(blobs: BlobStore, destination: string, at?: string): Promise<ImportReport> {
  const found = await (at === undefined
    ? fetchNewest(blobs, KEY, quick)
    : fetchMoment(blobs, KEY, at, quick));
  const { chunks: stream, chain } = found;
  return importChain({ source: 'sim://edge/orders', stream, destination }, chain);
}
