import { isStatelogError, StatelogError } from '../../errors.js';
import { positionName, type IncrementPosition } from '../../lines/increment-position.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { nextIncrement, refuseOtherStore } from '../../transfer/chain/next-increment.js';
import { prepareExport } from '../../transfer/export-store.js';
import { StoreUnavailable } from '../blob/store-unavailable.js';
import { findHead, putLink, type ChainHead } from '../chain/append-link.js';
import { startBeside } from '../chain/extend-chain.js';
import { readOrigin } from '../nats/pull/origin.js';
import { publish, refuseNonAtomic } from '../publish/publish.js';
import type { ReplicatedRound, ReplicateOptions } from './replicate-options.js';
import { storePrint } from './store-print.js';

const LINKS_MAX = 100;
/** Increments together are not larger than the snapshot that they stand on, or than the first of these; nor than the second. */
const LINK_BYTES_MIN = 1024 * 1024;
const LINK_BYTES_MAX = 256 * 1024 * 1024;
/** Somebody else was faster so often, and it is somebody else's to replicate there. */
const TRIES_MAX = 8;

type Round = Omit<ReplicatedRound, 'lagMs'>;

/**
 * Brings a bucket to where a store stands, once. What it needs to know it reads from the bucket, so that it goes on from wherever
 * another run was killed.
 * @throws StatelogError `SOURCE_MISMATCH` where another store is kept there; `SUPERSEDED`; as `publish` and `nextIncrement`
 */
export async function replicateRound(options: ReplicateOptions): Promise<Round> {
  const { blobs, key, fileSystem = realFileSystem(), source } = options;
  const nonAtomic = !(await refuseNonAtomic(blobs, key, options));
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const head = await foundHead(options);
    if (typeof head === 'string') return whole(options, head);
    refuseOtherStore(source, storePrint(fileSystem, source).storeId, head.end);
    const long = tooLong(head, options);
    if (long !== undefined) return whole(options, long);
    const next = await nextOrLost(options, head);
    if (typeof next === 'string') return whole(options, next);
    for (const finding of next.notices) options.observer.notice(finding);
    const { increment } = next;
    if (increment === undefined) {
      const { position, content } = head.end;
      return { kind: 'none', ...roundAt(position, content.keys), puts: 0, deletes: 0, bytes: 0 };
    }
    const isPut = await putLink(blobs, key, head.payload, head.nextNumber, increment, {
      ...options,
      nonAtomic,
    });
    // Somebody may have published another snapshot meanwhile, on which it does not stand.
    const after = isPut ? await foundHead(options) : 'another increment was there first';
    if (typeof after === 'string' || after.payload !== head.payload) continue;
    const { end, header, bytes } = increment;
    const { puts, deletes, until } = end;
    return { kind: 'increment', ...roundAt(header.until, until.keys), puts, deletes, bytes: bytes.length };
  }
  throw new StatelogError('SUPERSEDED', `somebody else was faster ${TRIES_MAX} times`, {
    path: blobs.urlOf(key),
    safe: 'what is there is whole',
    hint: 'let one program alone replicate there',
  });
}

function roundAt(position: IncrementPosition, keys: number): Pick<Round, 'position' | 'keys'> {
  return { position: positionName(position), keys };
}

/** The head; a text where a whole snapshot is needed, and why. */
async function foundHead({ blobs, key, ...options }: ReplicateOptions): Promise<ChainHead | string> {
  try {
    const head = await findHead(blobs, key, options);
    if (head === 'nothing') return 'nothing is published there yet';
    return head === 'no-start' ? 'no increment can stand on the newest snapshot there' : head;
  } catch (error) {
    const isDamaged = ['INVALID_ARTIFACT', 'DIGEST_MISMATCH', 'UNFINISHED_STREAM'].some((code) =>
      isStatelogError(error, code as 'INVALID_ARTIFACT'),
    );
    if (isDamaged) return `what is there is damaged: ${(error as StatelogError).message}`;
    throw error;
  }
}

function tooLong(head: ChainHead, { linksMax = LINKS_MAX }: ReplicateOptions): string | undefined {
  if (head.nextNumber > linksMax) return `${head.nextNumber - 1} increments stand on the newest snapshot`;
  const bytesMax = Math.max(LINK_BYTES_MIN, Math.min(LINK_BYTES_MAX, head.payloadBytes));
  return head.linkBytes > bytesMax ? 'the increments on the newest snapshot are large' : undefined;
}

/** The next increment; a text where the store does not tell any more what came after the chain's end, or it is much. */
async function nextOrLost(
  { fileSystem = realFileSystem(), source }: ReplicateOptions,
  { end }: ChainHead,
): Promise<ReturnType<typeof nextIncrement> | string> {
  await Promise.resolve();
  try {
    return nextIncrement(fileSystem, source, end);
  } catch (error) {
    const isLost =
      isStatelogError(error, 'EPOCH_NOT_FOUND') ||
      isStatelogError(error, 'CURSOR_EXPIRED') ||
      isStatelogError(error, 'LIMIT_EXCEEDED') ||
      isStatelogError(error, 'SOURCE_MISMATCH');
    if (isLost && !(error instanceof StoreUnavailable)) return error.message;
    throw error;
  }
}

/** The keys that a fold covers, where a pull said it beside it: whoever lost a position in the bucket can then go on from the snapshot. */
function scopeOf({ fileSystem = realFileSystem(), source }: ReplicateOptions): readonly string[] | undefined {
  if (storePrint(fileSystem, source).storeId !== undefined) return undefined;
  try {
    const origin = readOrigin(fileSystem, source);
    return origin === undefined ? undefined : [origin.prefix];
  } catch (error) {
    // A file of somebody else's: the next pull says so.
    if (isStatelogError(error)) return undefined;
    throw error;
  }
}

async function whole(options: ReplicateOptions, reason: string): Promise<Round> {
  const { blobs, key, source, fileSystem, observer, wallMs = Date.now } = options;
  observer.whole(reason);
  const prepared = prepareExport({
    source,
    fileSystem,
    scope: scopeOf(options),
    createdAtUnix: Math.max(0, Math.floor(wallMs() / 1000)),
  });
  try {
    for (const finding of prepared.notices) observer.notice(finding);
    const start = startBeside(blobs, key, prepared, options)!;
    const { bytes } = await publish(blobs, key, prepared.artifact!, { ...options, beside: start.put });
    const { keys } = prepared.report;
    return { kind: 'full', ...roundAt(start.position, keys), puts: keys, deletes: 0, bytes };
  } finally {
    prepared.close();
  }
}
