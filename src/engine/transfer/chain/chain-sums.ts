import { EntrySum } from '../../bytes/hash/entry-sum.js';
import type { EntryPair } from '../../inspect/compare-stores.js';
import { ContentSums, type IncrementEnd, type IncrementHeader } from '../../lines/increment-lines.js';
import type { StoredEntry } from '../../store/store.js';
import type { PairSums } from '../export-increment.js';
import type { ChainEnd } from './increment-chain.js';

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

/** The digests and the sums of two contents of which all is shown; what did not change counts once in the sums. */
export class ChainSums implements PairSums {
  readonly #sum = new EntrySum();
  readonly #changes = new EntrySum();
  readonly #before: ContentSums;
  readonly #after: ContentSums;

  constructor({ since, until }: IncrementHeader) {
    this.#before = new ContentSums(since, this.#sum);
    this.#after = new ContentSums(until);
  }

  add(pair: Pair, isChange: boolean): void {
    const { before, after } = pair;
    if (before !== undefined) this.#before.add(before.key, before.value, before.version);
    if (after !== undefined) this.#after.add(after.key, after.value, after.version);
    if (isChange) change(this.#changes, pair);
  }

  ends(): Ends {
    const since = this.#before.sums();
    this.#sum.addAll(this.#changes);
    return { since, until: { ...this.#after.sums(), sum: this.#sum.hex() } };
  }
}

function change(sum: EntrySum, { before, after }: Pair): void {
  if (before !== undefined) sum.remove(before.key, before.value, before.version);
  if (after !== undefined) sum.add(after.key, after.value, after.version);
}
