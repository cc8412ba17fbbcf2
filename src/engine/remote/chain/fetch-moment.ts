import { StatelogError } from '../../errors.js';
import { positionName } from '../../lines/increment-position.js';
import type { IncrementChain } from '../../transfer/chain/increment-chain.js';
import type { BlobStore } from '../blob/blob-store.js';
import type { ReadOptions } from '../publish/blob-chunks.js';
import { fetchOlderPayload, fetchPayload, type FetchedPayload } from '../publish/fetch-payload.js';
import { listSnapshots } from '../publish/list-snapshots.js';
import { gathered } from '../publish/begun-upload.js';
import { chainOf, listLinks, readLinks, type ReadLinks } from './links.js';

const RANK_MAX = 0xffff_ffff_ffff_ffffn;
/** The most moments that an error names when the one asked for is not there. */
const NAMES_MAX = 20;

/** A snapshot and the increments that lead from it to a moment. */
export interface FetchedMoment extends FetchedPayload {
  /** Undefined where nothing says where the snapshot stands, and nothing stands on it. */
  readonly chain: IncrementChain | undefined;
}

/** `7`, and `7+12` of an open epoch, whose snapshot has the rank after. */
const RANKED = /^(\d{1,20})(\+\d+)?$/;

/**
 * Finds the newest moment of a key: the snapshot that its pointer names, and all increments that stand on it.
 * @throws StatelogError `NOT_FOUND`, `INVALID_ARTIFACT`; `SOURCE_MISMATCH` where an increment is missing, with both positions
 */
export async function fetchNewest(
  store: BlobStore,
  key: string,
  options: ReadOptions = {},
): Promise<FetchedMoment> {
  const payload = await fetchPayload(store, key, options);
  const { links, gap } = await linksOf(store, key, payload.name, options);
  if (gap !== undefined) throw gap;
  return { ...payload, chain: links.length === 0 ? undefined : chainOf(links) };
}

/**
 * Finds an earlier moment that is kept, in the newest chain that has it.
 * @param at the position as `positionName` has it
 * @throws StatelogError `EPOCH_NOT_FOUND` where it is not kept; as `fetchNewest`
 */
export async function fetchMoment(
  store: BlobStore,
  key: string,
  at: string,
  options: ReadOptions = {},
): Promise<FetchedMoment> {
  const [snapshot] = await gathered(
    () => listSnapshots(store, key, options),
    (one) => one.key === key,
  );
  const kept: string[] = [];
  for (const { name, rank } of snapshot?.payloads ?? []) {
    if (rank > rankUpTo(at)) continue;
    const { links } = await linksOf(store, key, name, options);
    const names = links.map(({ header }) => positionName(header.until));
    const until = names.lastIndexOf(at);
    const payload = fetchOlderPayload(store, name, options);
    if (until >= 0) return { ...payload, chain: chainOf(links.slice(0, until + 1)) };
    if (links.length === 0 && String(rank) === at) return { ...payload, chain: undefined };
    kept.push(...(links.length === 0 ? [String(rank)] : names));
  }
  throw notKept(store.urlOf(key), at, kept);
}

async function linksOf(
  store: BlobStore,
  key: string,
  payload: string,
  { onRead: _, ...options }: ReadOptions,
): Promise<ReadLinks> {
  return readLinks(store, await listLinks(store, key, payload, options), options);
}

/** The greatest rank of a snapshot that a moment can stand on. */
function rankUpTo(at: string): bigint {
  const [, whole, open] = RANKED.exec(at) ?? [];
  if (whole === undefined) return RANK_MAX;
  return BigInt(whole) + (open === undefined ? 0n : 1n);
}

function notKept(path: string, at: string, kept: readonly string[]): StatelogError {
  const found = kept.length === 0 ? 'none up to there' : kept.slice(0, NAMES_MAX).join(', ');
  return new StatelogError('EPOCH_NOT_FOUND', `no moment ${at} is kept there`, {
    path,
    expected: at,
    found: kept.length > NAMES_MAX ? `${found}, …` : found,
    safe: 'nothing was made',
    hint: "'statelog list --chain' with the URL shows which moments are kept",
  });
}
