import { StatelogError } from '../../errors.js';
import { positionName } from '../../lines/increment-position.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { momentNow } from '../../transfer/chain/moment.js';
import type { BlobStore } from '../blob/blob-store.js';
import { findHead, type ChainHead } from '../chain/append-link.js';
import type { ReadOptions } from '../publish/blob-chunks.js';
import { readMark, type FoundMark } from './replica-mark.js';

/** The state of what is replicated to a bucket. Times are in milliseconds since the Unix epoch, by the store's clock. */
export interface ReplicaStatus {
  /** The newest moment that can be restored. */
  readonly position: string;
  readonly keys: number;
  /** The position of the store itself; undefined where it was not looked at. */
  readonly storePosition: string | undefined;
  /** How long ago the bucket was known to have all of the store; 0 where it is seen to. */
  readonly lagMs: number;
  /** When the bucket was last known to have all of it. */
  readonly confirmedMs: number;
  /** Increments that stand on the newest snapshot, and their bytes. */
  readonly increments: number;
  readonly incrementBytes: number;
  /** When the snapshot was made. */
  readonly snapshotMs: number;
  readonly verified: FoundMark['verified'];
  /** How long ago that was; undefined where it never was. */
  readonly verifiedAgeMs: number | undefined;
}

/**
 * Tells how far what is kept under a key is behind its store.
 * @param source the store itself; undefined: only what the bucket tells
 * @throws StatelogError `NOT_FOUND` where nothing is replicated there; as `findHead` and `momentNow`
 */
export async function replicaStatus(
  store: BlobStore,
  key: string,
  source: string | undefined,
  options: ReadOptions & { readonly fileSystem?: FileSystem | undefined } = {},
): Promise<ReplicaStatus> {
  const { fileSystem = realFileSystem() } = options;
  const storePosition = source === undefined ? undefined : positionOf(fileSystem, source);
  const head = await findHead(store, key, options);
  if (typeof head === 'string') throw notReplicated(store.urlOf(key), head);
  const mark = await readMark(store, key, options);
  const position = positionName(head.end.position);
  const nowMs = store.nowMs();
  const confirmedMs = storePosition === position ? nowMs : lastConfirmed(head, mark, position);
  const verified = mark?.verified ?? null;
  return {
    position,
    keys: head.end.content.keys,
    storePosition,
    lagMs: Math.max(0, nowMs - confirmedMs),
    confirmedMs,
    increments: head.nextNumber - 1,
    incrementBytes: head.linkBytes,
    snapshotMs: head.createdAtUnix * 1000,
    verified,
    verifiedAgeMs: verified === null ? undefined : Math.max(0, nowMs - verified.atMs),
  };
}

/** A mark of another position was put before the last increment. */
function lastConfirmed(head: ChainHead, mark: FoundMark | undefined, position: string): number {
  return mark?.position === position ? Math.max(head.modifiedMs, mark.modifiedMs) : head.modifiedMs;
}

function positionOf(fileSystem: FileSystem, source: string): string {
  const moment = momentNow(fileSystem, source);
  try {
    return positionName(moment.position);
  } finally {
    moment.close();
  }
}

function notReplicated(path: string, head: 'nothing' | 'no-start'): StatelogError {
  const what =
    head === 'nothing' ? 'nothing is kept there' : 'nothing says where the newest snapshot there stands';
  return new StatelogError('NOT_FOUND', what, {
    path,
    hint: `'statelog replicate STORE ${path}' keeps it equal to a store; 'statelog list' shows what is there`,
  });
}
