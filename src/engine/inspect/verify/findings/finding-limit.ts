import type { Finding, Found, FoundPlace } from '../../../finding.js';
import { LostSum } from './lost-sum.js';

/** The findings of one kind in one file, told and not. */
interface Kind {
  readonly severity: Found['severity'];
  readonly class: Found['class'];
  readonly isForeign: Found['isForeign'];
  told: number;
  rest: Rest | undefined;
}

/** Those of them that are not told one by one. */
interface Rest {
  /** The first of them. */
  readonly first: Finding;
  places: number;
  bytes: number;
  end: number;
  readonly lost: LostSum;
}

/**
 * Lets through the first findings of each kind in one file, and counts the others: a file of which every few bytes are bad
 * would tell more than it has bytes. Memory is bounded, however many there are.
 */
export class FindingLimit {
  readonly #each: number;
  readonly #onPlace: ((place: FoundPlace) => void) | undefined;
  /** Few, in the order in which they came. */
  readonly #kinds: Kind[] = [];

  /**
   * @param each how many of a kind are told one by one
   * @param onPlace shown each place that is not told
   */
  constructor(each: number, onPlace?: (place: FoundPlace) => void) {
    this.#each = each;
    this.#onPlace = onPlace;
  }

  /** Counts what was found. @returns the finding to tell now; undefined where `rest` will tell of it */
  take(found: Found): Finding | undefined {
    const { offset, bytes } = found;
    const kind = this.#kindOf(found);
    if (kind.told < this.#each) {
      kind.told += 1;
      return found.told();
    }
    this.#onPlace?.(found);
    const end = offset + bytes;
    const { rest } = kind;
    if (rest === undefined) {
      const first = found.told();
      kind.rest = { first, places: 1, bytes, end, lost: new LostSum(first.lost) };
    } else {
      rest.places += 1;
      rest.bytes += bytes;
      rest.end = Math.max(rest.end, end);
      found.addLost?.(rest.lost);
    }
    return undefined;
  }

  #kindOf({ severity, class: damageClass, isForeign }: Found): Kind {
    for (const kind of this.#kinds) {
      if (kind.class === damageClass && kind.severity === severity && kind.isForeign === isForeign)
        return kind;
    }
    const kind = { severity, class: damageClass, isForeign, told: 0, rest: undefined };
    this.#kinds.push(kind);
    return kind;
  }

  /** One finding for all of a kind that were not told, once the file is through. */
  *rest(): Generator<Finding, void> {
    for (const kind of this.#kinds) {
      if (kind.rest === undefined) continue;
      const { first, places, bytes, end } = kind.rest;
      const lost = kind.rest.lost.told();
      kind.rest = undefined;
      const { expected: _, found: __, lost: ___, ...finding } = first;
      const allLost = lost === undefined ? {} : { lost };
      if (places === 1) yield first;
      else {
        yield {
          ...finding,
          ...allLost,
          bytes,
          message: `and ${places} more of this kind, up to byte ${end}; the first of them: ${first.message}`,
          more: { places, end },
        };
      }
    }
  }
}
