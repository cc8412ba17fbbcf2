import { decodeExportManifest } from '../../../src/engine/artifact/format/manifest.js';
import type { ArtifactContent } from '../../../src/engine/artifact/write/payload.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { fetchPayload } from '../../../src/engine/remote/publish/fetch-payload.js';
import { pointerName, rankOf } from '../../../src/engine/remote/publish/names.js';
import { type SimulatedBucket, SimulatedStore } from './simulated-bucket.js';

export const KEY = 'edge/orders';
/** Of parts, so that a snapshot has several. */
const PART_BYTES = 4096;
export const SECONDS = 1_800_000_000;
/** No time passes: what is awaited before another try is over at once. */
export const quick = { partBytes: PART_BYTES, pause: () => Promise.resolve(), random: () => 0 };

/** A snapshot of so many bytes; another rank, another content. */
export function snapshot(rank: number, size = 10_000, createdAtUnix = SECONDS): ArtifactContent {
  const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 7 + rank * 31) & 255);
  return {
    backend: 'append-log',
    backendVersion: '2',
    cursor: WatchCursor.fromU64(BigInt(rank)),
    createdAtUnix,
    files: [{ path: 'data/fold.snap', size, chunks: () => [bytes.subarray(0, 100), bytes.subarray(100)] }],
  };
}

/** The rank of the pointer, once it is sure that all of its payload is there; undefined where there is none. */
export async function publishedRank(bucket: SimulatedBucket): Promise<number | undefined> {
  const pointer = bucket.blobs.get(pointerName(KEY))?.bytes;
  if (pointer === undefined) return undefined;
  const store = new SimulatedStore(bucket);
  let bytes = 0;
  for await (const chunk of (await fetchPayload(store, KEY, quick)).chunks) bytes += chunk.length;
  if (bytes < 10_000) throw new Error(`the payload has only ${bytes} bytes`);
  return Number(rankOf(decodeExportManifest(pointer, 'pointer').cursor));
}
