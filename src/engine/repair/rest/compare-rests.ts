import { compareStores, type ComparedKey, type KeyOutcome } from '../../inspect/compare-stores.js';
import type { EntryRange } from '../../entry-cursor.js';
import type { ReadableRest } from './readable-rest.js';

/** The change of a key as far as both sides tell: unknown where damage may have taken the key, or its last change. */
export type RestOutcome = KeyOutcome | 'unknown';

/** One side of a comparison; what it says about losses is absent where nothing of it is missing. */
export type ComparedSide = Pick<ReadableRest, 'skipped' | 'isLost'> & {
  readonly store: Pick<ReadableRest['store'], 'entries'>;
};

/**
 * Compares what reads of two stores, as `compareStores` does. A key that a damaged side has not is unknown and not
 * added or removed, unless all that was lost there is known by name and the key is not among it; and so is a key of
 * which the last change is known to be lost. Any other key that both have is compared as it reads.
 * @throws StatelogError as `compareStores`
 */
export function* compareRests(
  first: ComparedSide,
  second: ComparedSide,
  range?: Omit<EntryRange, 'reverse'>,
): Generator<ComparedKey<RestOutcome>, void> {
  for (const compared of compareStores(first.store, second.store, range)) {
    const { key, before, after } = compared;
    const isUnknown = isInDoubt(first, key, before) || isInDoubt(second, key, after);
    yield isUnknown ? { ...compared, outcome: 'unknown' } : compared;
  }
}

function isInDoubt(
  { skipped, isLost }: ComparedSide,
  key: Uint8Array,
  value: Uint8Array | undefined,
): boolean {
  if (skipped === undefined) return false;
  return isLost(key) || (value === undefined && skipped.isUnnamed);
}
