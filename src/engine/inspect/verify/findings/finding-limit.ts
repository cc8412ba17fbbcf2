import type { Finding, Found, FoundPlace } from '../../../finding.js';

/** The findings of one kind in one file that are not told one by one. */
interface Rest {
  /** The first of them. */
  readonly first: Finding;
  places: number;
  bytes: number;
  end: number;
}

/**
 * Lets through the first findings of each kind in one file, and counts the others: a file of which every few bytes are bad
 * would tell more than it has bytes. Memory is bounded, however many there are.
 */
export class FindingLimit {
  readonly #each: number;
  readonly #onPlace: ((place: FoundPlace) => void) | undefined;
  readonly #told = new Map<string, number>();
  readonly #rest = new Map<string, Rest>();

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
    const { severity, class: damageClass, isForeign, offset, bytes } = found;
    const kind = isForeign === true ? `${severity} foreign ${damageClass}` : `${severity} ${damageClass}`;
    const count = this.#told.get(kind) ?? 0;
    if (count < this.#each) {
      this.#told.set(kind, count + 1);
      return found.told();
    }
    this.#onPlace?.(found);
    const rest = this.#rest.get(kind);
    const end = offset + bytes;
    if (rest === undefined) {
      this.#rest.set(kind, { first: found.told(), places: 1, bytes, end });
    } else {
      rest.places += 1;
      rest.bytes += bytes;
      rest.end = Math.max(rest.end, end);
    }
    return undefined;
  }

  /** One finding for all of a kind that were not told, once the file is through. */
  *rest(): Generator<Finding, void> {
    for (const { first, places, bytes, end } of this.#rest.values()) {
      const { expected: _, found: __, lost: ___, ...finding } = first;
      if (places === 1) yield first;
      else {
        yield {
          ...finding,
          bytes,
          message: `and ${places} more of this kind, up to byte ${end}; the first of them: ${first.message}`,
          more: { places, end },
        };
      }
    }
    this.#rest.clear();
  }
}
