import { StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { positionName, type IncrementPosition } from '../../lines/increment-position.js';
import type { Moment } from '../../transfer/chain/moment.js';
import { chainStart, nextIncrement, type EncodedIncrement } from '../../transfer/chain/next-increment.js';
import type { PreparedExport } from '../../transfer/prepared-export.js';
import type { BlobStore } from '../blob/blob-store.js';
import { withRetries } from '../blob/store-unavailable.js';
import { linkName } from '../publish/names.js';
import { refuseNonAtomic, type PublishOptions } from '../publish/publish.js';
import { findHead, putLink, type ChainHead } from './append-link.js';
import { listLinks } from './links.js';

/** The position in `since` that means the end of the chain, whatever it is. */
export const LAST = 'last';

/** An increment that is to go onto a key's newest chain. */
export interface ExtendRequest {
  readonly fileSystem?: FileSystem | undefined;
  readonly source: string;
  /** The position that the chain must end at, as `positionName` has it, or `LAST`. */
  readonly since: string;
  /** The checkpoint of a state directory up to which it goes; default: as it is now. */
  readonly at?: bigint | undefined;
}

/** The outcome. */
export interface Extended {
  /** The name of the new link; undefined where the store stands where the chain ended. */
  readonly name: string | undefined;
  readonly increment: EncodedIncrement | undefined;
  readonly head: ChainHead;
  readonly notices: readonly Finding[];
}

/**
 * Adds what changed in a store since the end of a key's newest chain as one more link.
 * @throws StatelogError `NOT_FOUND` where nothing is published, `NOT_REPRESENTABLE` where nothing can stand on it; `SOURCE_MISMATCH`
 * where the chain ends elsewhere, or is of another store; `SUPERSEDED` where somebody else added a link meanwhile; `NOT_ATOMIC`;
 * as `nextIncrement`
 */
export async function extendChain(
  store: BlobStore,
  key: string,
  { source, since, at, fileSystem = realFileSystem() }: ExtendRequest,
  options: PublishOptions = {},
): Promise<Extended> {
  const nonAtomic = !(await refuseNonAtomic(store, key, options));
  const head = await findHead(store, key, options);
  if (head === 'nothing') throw nothingThere(store.urlOf(key), source);
  if (head === 'no-start') throw noStart(store.urlOf(key), source);
  const ends = positionName(head.end.position);
  if (since !== LAST && since !== ends) throw endsElsewhere(store.urlOf(key), since, ends);
  const { increment, notices } = nextIncrement(fileSystem, source, head.end, at);
  if (increment === undefined) return { name: undefined, increment, head, notices };
  const isOurs = await putLink(store, key, head.payload, head.nextNumber, increment, {
    ...options,
    nonAtomic,
  });
  const name = linkName(key, head.payload, head.nextNumber);
  if (isOurs) return { name, increment, head, notices };
  throw new StatelogError('SUPERSEDED', 'somebody else added an increment there meanwhile', {
    path: store.urlOf(name),
    safe: 'theirs is as it was, and nothing of this store was added',
    hint: 'run it again',
  });
}

/** The start of a chain, which is put beside the payload that it stands on. */
export interface ChainStart {
  readonly position: IncrementPosition;
  readonly put: (payload: string) => Promise<void>;
}

/**
 * The part of publishing a snapshot that lets increments stand on it: says beside the payload where it stands.
 * @returns undefined for an export that is no moment of its store's history
 */
export function startBeside(
  store: BlobStore,
  key: string,
  prepared: PreparedExport,
  options: PublishOptions = {},
): ChainStart | undefined {
  const moment = prepared.moment();
  if (moment === undefined) return undefined;
  const { bytes, position } = startOf(moment, prepared);
  const put = async (payload: string): Promise<void> => {
    const name = linkName(key, payload, 0);
    if (await withRetries(() => store.put(name, bytes, 'absent'), options)) return;
    // The same payload was published before: where nothing stands on it yet, it may stand elsewhere in the store's history now.
    const links = await listLinks(store, key, payload, options);
    if (links.length === 1) await withRetries(() => store.put(name, bytes, 'any'), options);
  };
  return { position, put };
}

/** Nothing stays open meanwhile: an upload takes its own memory. */
function startOf(
  moment: Moment,
  { report }: PreparedExport,
): Pick<ChainStart, 'position'> & EncodedIncrement {
  try {
    return { position: moment.position, ...chainStart(moment, { digest: report.digest ?? undefined }) };
  } finally {
    moment.close();
  }
}

function nothingThere(path: string, source: string): StatelogError {
  return new StatelogError('NOT_FOUND', 'no snapshot is published there that an increment could stand on', {
    path,
    safe: 'nothing was uploaded',
    hint: `export a whole one first: 'statelog export ${source} ${path}'`,
  });
}

function noStart(path: string, source: string): StatelogError {
  return new StatelogError(
    'NOT_REPRESENTABLE',
    'the newest snapshot there is none that an increment could stand on',
    {
      path,
      found: 'nothing beside it says where exactly it stands, or a link of its chain is missing',
      safe: 'nothing was uploaded',
      hint: `export a whole one: 'statelog export ${source} ${path}'`,
    },
  );
}

function endsElsewhere(path: string, since: string, ends: string): StatelogError {
  return new StatelogError('SOURCE_MISMATCH', `what is kept there ends at ${ends}, not at ${since}`, {
    path,
    expected: since,
    found: ends,
    safe: 'nothing was uploaded',
    hint: `go on from there with --since ${ends}, or --since ${LAST}`,
  });
}
