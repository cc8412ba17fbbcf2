import type { Finding } from '../../../engine/finding.js';

/** Findings of one class no further apart than this are in one place. */
const NEAR_BYTES = 64 * 1024;
/** The most findings of one place to tell one by one; more are told in one line. */
const EACH_MAX = 3;
/** The most findings to tell one by one that are about no bytes, such as missing files: each has words of its own. */
const WITHOUT_BYTES_MAX = 50;
/** Places of a file; what comes after them is added to the last place of its class. */
const GROUPS_MAX = 40;

/** Findings of one class and severity in one place of a file. */
export interface FindingGroup {
  /** The first of them, as many as are told one by one. */
  readonly first: readonly Finding[];
  readonly count: number;
  /** Bytes of all of them. */
  readonly bytes: number;
  /** Start of the first and end of the last one, in bytes of the file. */
  readonly from: number;
  readonly to: number;
}

interface OpenGroup extends FindingGroup {
  readonly first: Finding[];
  count: number;
  bytes: number;
  to: number;
}

/**
 * The findings of one file, gathered by class and place as they come. Memory is bounded, however many there are.
 */
export class FindingGroups {
  readonly #groups: OpenGroup[] = [];
  /** The last place of each class. */
  readonly #last = new Map<string, OpenGroup>();

  /** The places, in the order in which the first finding of each came. */
  get all(): readonly FindingGroup[] {
    return this.#groups;
  }

  add(finding: Finding): void {
    const { severity, class: kind, offset, bytes, more } = finding;
    const places = more?.places ?? 1;
    const to = more?.end ?? offset + bytes;
    const name = `${severity} ${kind}`;
    const last = this.#last.get(name);
    if (last !== undefined && (isNear(last, offset) || this.#groups.length >= GROUPS_MAX)) {
      if (last.first.length < (last.bytes + bytes === 0 ? WITHOUT_BYTES_MAX : EACH_MAX))
        last.first.push(finding);
      last.count += places;
      last.bytes += bytes;
      last.to = Math.max(last.to, to);
      return;
    }
    const group = { first: [finding], count: places, bytes, from: offset, to };
    this.#groups.push(group);
    this.#last.set(name, group);
  }
}

function isNear({ from, to }: FindingGroup, offset: number): boolean {
  return offset >= from && offset <= to + NEAR_BYTES;
}

/** True where the findings of a place are told one by one, as far as they are kept. */
export function isListed({ count, bytes }: FindingGroup): boolean {
  return count <= EACH_MAX || bytes === 0;
}
