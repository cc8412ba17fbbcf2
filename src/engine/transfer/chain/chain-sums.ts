import { EntrySum } from '../../bytes/hash/entry-sum.js';
import { StatelogError } from '../../errors.js';
import type { EntryPair } from '../../inspect/compare-stores.js';
import {
  ContentSums,
  isSameContent,
  type IncrementEnd,
  type IncrementHeader,
} from '../../lines/increment-lines.js';
import { positionName } from '../../lines/increment-position.js';
import type { StoredEntry } from '../../store/store.js';
import type { ChainEnd } from './increment-chain.js';
import type { PairSums } from './pair-lines.js';

type Pair = EntryPair<StoredEntry>;
type Ends = Pick<IncrementEnd, 'since' | 'until'>;

/** The sum of a content that is brought up to date by what changed. */
export class ChangedSum implements PairSums {
  readonly #since: ChainEnd['content'];
  readonly #sum: EntrySum;

  /** @param since the content before */
  constructor(since: ChainEnd['content'] & { readonly sum: string }) {
    this.#since = since;
    this.#sum = new EntrySum(since);
  }

  /** Keys that the content has by now. */
  get keys(): number {
    return this.#sum.keys;
  }

  add(pair: Pair, isChange: boolean): void {
    if (isChange) change(this.#sum, pair);
  }

  ends(): Ends {
    return { since: this.#since, until: { keys: this.keys, sum: this.#sum.hex() } };
  }
}

/** A store, by its path, that must have held at a chain's end what the chain says of it. */
export interface ExpectedBase {
  readonly path: string;
  readonly chain: ChainEnd;
}

/** The digests and the sums of two contents of which all is shown; what did not change counts once in the sums. */
export class ChainSums implements PairSums {
  readonly #sum = new EntrySum();
  readonly #changes = new EntrySum();
  readonly #before: ContentSums;
  readonly #after: ContentSums;
  readonly #expected: ExpectedBase | undefined;

  /** @param expected what the first content must be; default: whatever it is */
  constructor({ since, until }: IncrementHeader, expected?: ExpectedBase) {
    this.#before = new ContentSums(since, this.#sum);
    this.#after = new ContentSums(until);
    this.#expected = expected;
  }

  add(pair: Pair, isChange: boolean): void {
    const { before, after } = pair;
    if (before !== undefined) this.#before.add(before.key, before.value, before.version);
    if (after !== undefined) this.#after.add(after.key, after.value, after.version);
    if (isChange) change(this.#changes, pair);
  }

  /** @throws StatelogError `SOURCE_MISMATCH` where the first is another than what is expected */
  ends(): Ends {
    const since = this.#before.sums();
    const expected = this.#expected;
    if (expected !== undefined && !isSameContent(since, expected.chain.content)) throw otherContent(expected);
    this.#sum.addAll(this.#changes);
    return { since, until: { ...this.#after.sums(), sum: this.#sum.hex() } };
  }
}

function change(sum: EntrySum, { before, after }: Pair): void {
  if (before !== undefined) sum.remove(before.key, before.value, before.version);
  if (after !== undefined) sum.add(after.key, after.value, after.version);
}

function otherContent({ path, chain }: ExpectedBase): StatelogError {
  const name = positionName(chain.position);
  return new StatelogError('SOURCE_MISMATCH', `the store did not hold at ${name} what was exported there`, {
    path,
    expected: `${name}, the content that was exported`,
    found: `${name}, another content`,
    safe: 'nothing was written',
    hint: 'it is another store, or was put back from a copy, or compacted since: export a whole snapshot of it',
  });
}
