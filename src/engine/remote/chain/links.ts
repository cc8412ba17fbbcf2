import { CheckedIncrement } from '../../lines/checked-increment.js';
import type { KeyChange } from '../../lines/increment-lines.js';
import {
  chainGap,
  checkContinues,
  endOf,
  type ChainedIncrement,
  type IncrementChain,
} from '../../transfer/chain/increment-chain.js';
import { StatelogError } from '../../errors.js';
import type { BlobStatus, BlobStore } from '../blob/blob-store.js';
import { gathered } from '../publish/begun-upload.js';
import { blobChunks, type ReadOptions } from '../publish/blob-chunks.js';
import { chainPrefix, linkOf } from '../publish/names.js';

/** An increment in a store of blobs, by what listing it tells. */
export interface ListedLink extends BlobStatus {
  readonly number: number;
}

/** The links of one payload that are there, in their order; of those behind a gap, the first is not the one that follows. */
export async function listLinks(
  store: BlobStore,
  key: string,
  payload: string,
  options: ReadOptions = {},
): Promise<ListedLink[]> {
  const prefix = chainPrefix(key, payload);
  const blobs = await gathered(
    () => store.list(prefix),
    ({ name }) => linkOf(key, name) !== undefined,
    options,
  );
  return inOrder(key, blobs);
}

/** Blobs that are links of one payload, in their order. */
export function inOrder(key: string, blobs: readonly BlobStatus[]): ListedLink[] {
  const links = blobs.map((blob) => ({ ...blob, number: linkOf(key, blob.name)!.number }));
  return links.sort((one, other) => one.number - other.number);
}

/**
 * Reads a link from end to end, and holds it against what its last line says.
 * @throws StatelogError as `CheckedIncrement` and `blobChunks`
 */
export async function readLink(
  store: BlobStore,
  name: string,
  options: ReadOptions = {},
): Promise<ChainedIncrement> {
  const origin = store.urlOf(name);
  const changes: KeyChange[] = [];
  const lines = new CheckedIncrement(origin, (change) => {
    changes.push(change);
  });
  for await (const chunk of blobChunks(store, name, options)) lines.push(chunk);
  return { origin, ...lines.finish(), changes };
}

/** The links of a payload, as far as each stands on the one before it. */
export interface ReadLinks {
  /** The first says where the snapshot stands. */
  readonly links: readonly ChainedIncrement[];
  /** The reason why those behind them count for nothing; undefined where there are none. */
  readonly gap: StatelogError | undefined;
}

/**
 * Reads the links of a payload up to where one is missing.
 * @throws StatelogError as `readLink`; `SOURCE_MISMATCH` where one is there that does not stand on the one before it
 */
export async function readLinks(
  store: BlobStore,
  listed: readonly ListedLink[],
  options: ReadOptions = {},
): Promise<ReadLinks> {
  const links: ChainedIncrement[] = [];
  for (const [index, { number, name }] of listed.entries()) {
    const link = await readLink(store, name, options);
    if (number !== index) return { links, gap: gapBefore(link, links.at(-1)) };
    links.push(link);
  }
  if (links.length > 0) checkContinues(chainOf(links));
  return { links, gap: undefined };
}

/** The chain that links make, of which there is one at least. */
export function chainOf([first, ...increments]: readonly ChainedIncrement[]): IncrementChain {
  return { start: endOf(first!), increments };
}

function gapBefore(link: ChainedIncrement, before: ChainedIncrement | undefined): StatelogError {
  if (before !== undefined) return chainGap(link.origin, before.header.until, link.header.since);
  return new StatelogError(
    'SOURCE_MISMATCH',
    'the chain has no start: nothing says where its snapshot stands',
    {
      path: link.origin,
      safe: 'nothing was made of it',
      hint: "export a whole snapshot anew; 'statelog list --chain' shows what there is",
    },
  );
}
