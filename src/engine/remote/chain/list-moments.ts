import type { StatelogError } from '../../errors.js';
import { isStatelogError } from '../../errors.js';
import { positionName } from '../../lines/increment-position.js';
import type { BlobStore } from '../blob/blob-store.js';
import { StoreUnavailable } from '../blob/store-unavailable.js';
import type { ReadOptions } from '../publish/blob-chunks.js';
import type { ListedPayload, ListedSnapshot } from '../publish/list-snapshots.js';
import { inOrder, readLink, type ListedLink } from './links.js';

/** A moment of a key that is kept: a whole snapshot, or an increment. */
export interface ListedMoment {
  readonly key: string;
  /** The name in the store of the payload or the increment. */
  readonly name: string;
  readonly kind: 'full' | 'increment';
  /** As `import --at` takes it; undefined where it cannot be told. */
  readonly position: string | undefined;
  readonly bytes: number;
  /** When it was put, in milliseconds since the Unix epoch, by the store's clock. */
  readonly modifiedMs: number;
  /** The position that an increment stands on; undefined for a snapshot. */
  readonly standsOn: string | undefined;
  readonly puts: number | undefined;
  readonly deletes: number | undefined;
  /** True for what leads from the pointer's snapshot to the newest moment. */
  readonly isCurrent: boolean;
  /** The reason why it cannot be had; undefined where nothing is wrong. */
  readonly fault: StatelogError | undefined;
}

/** Lists all moments of keys: each snapshot, the newest first, and behind it the increments that stand on it. */
export async function* listMoments(
  store: BlobStore,
  snapshots: AsyncIterable<ListedSnapshot>,
  options: ReadOptions = {},
): AsyncGenerator<ListedMoment, void> {
  for await (const { key, payloads } of snapshots) {
    for (const payload of payloads) yield* momentsOn(store, key, payload, options);
  }
}

async function* momentsOn(
  store: BlobStore,
  key: string,
  payload: ListedPayload,
  options: ReadOptions,
): AsyncGenerator<ListedMoment, void> {
  const { name, bytes, modifiedMs, isCurrent, rank } = payload;
  const [start, ...increments] = inOrder(key, payload.links);
  const { until } = start?.number === 0 ? await describe(store, start, options) : { until: String(rank) };
  const none = { standsOn: undefined, puts: undefined, deletes: undefined, fault: undefined };
  yield { key, name, kind: 'full', position: until, bytes, modifiedMs, isCurrent, ...none };
  for (const link of start?.number === 0 ? increments : inOrder(key, payload.links)) {
    const { until: position, since: standsOn, ...told } = await describe(store, link, options);
    const { name: linkName, bytes: linkBytes, modifiedMs: at } = link;
    const place = { key, name: linkName, kind: 'increment', bytes: linkBytes, modifiedMs: at } as const;
    yield { ...place, position, standsOn, isCurrent, ...told };
  }
}

interface Described extends Pick<ListedMoment, 'puts' | 'deletes' | 'fault'> {
  readonly since: string | undefined;
  readonly until: string | undefined;
}

async function describe(store: BlobStore, { name }: ListedLink, options: ReadOptions): Promise<Described> {
  try {
    const { header, end } = await readLink(store, name, options);
    const [since, until] = [positionName(header.since), positionName(header.until)];
    return { since, until, puts: end.puts, deletes: end.deletes, fault: undefined };
  } catch (error) {
    // One that is damaged is told of, and the others all the same.
    if (!isStatelogError(error) || error instanceof StoreUnavailable) throw error;
    return { since: undefined, until: undefined, puts: undefined, deletes: undefined, fault: error };
  }
}
