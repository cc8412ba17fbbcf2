import type { LostRecords } from '../../finding.js';

/** Sequences from one on, up to and without another. */
interface Stretch {
  readonly from: bigint;
  readonly to: bigint;
}

/** The losses of one numbering of one core. */
interface CoreLosses {
  readonly coreId: number | undefined;
  readonly restarts: number | undefined;
  readonly stretches: Stretch[];
  /** Records of places whose ends are not both known, and what follows them is. */
  atLeast: number;
  /** The most records of one place behind which nothing is known: several of these may tell of one loss. */
  atLeastBehind: number;
  isExact: boolean;
  first: bigint | undefined;
  last: bigint | undefined;
  afterNs: bigint | undefined;
  beforeNs: bigint | undefined;
  /** True where something may have been lost before, or after, any time that is known. */
  isOpenBefore: boolean;
  isOpenAfter: boolean;
}

/** Sums up the records that are lost, core by core: a sequence that several places tell of counts once. */
export class LostTotal {
  readonly #cores = new Map<string, CoreLosses>();

  /** @param file of the records, which stands for a core that is not known */
  take(lost: LostRecords, file: string): void {
    if (lost.records === 0 && lost.isExact) return;
    const { coreId, restarts } = lost;
    const name = `${coreId ?? file}/${restarts ?? 0}`;
    const core = this.#cores.get(name) ?? newLosses(coreId, restarts);
    this.#cores.set(name, core);
    const [first, last] = [bigintOf(lost.firstSequence), bigintOf(lost.lastSequence)];
    if (lost.isExact && first !== undefined && last !== undefined) add(core.stretches, first, last + 1n);
    else if (last !== undefined) core.atLeast += lost.records;
    else core.atLeastBehind = Math.max(core.atLeastBehind, lost.records);
    core.isExact &&= lost.isExact;
    core.first = least(core.first, first);
    core.last = most(core.last, last);
    const [afterNs, beforeNs] = [bigintOf(lost.afterNs), bigintOf(lost.beforeNs)];
    core.isOpenBefore ||= afterNs === undefined;
    core.isOpenAfter ||= beforeNs === undefined;
    core.afterNs = least(core.afterNs, afterNs);
    core.beforeNs = most(core.beforeNs, beforeNs);
  }

  /** How many records, at the least. */
  get records(): number {
    return [...this.#cores.values()].reduce((sum, core) => sum + recordsOf(core), 0);
  }

  /** True where that is how many. */
  get isExact(): boolean {
    return [...this.#cores.values()].every(({ isExact }) => isExact);
  }

  /** Core by core: all that is lost, from the first of them to the last. */
  byCore(): LostRecords[] {
    const cores = [...this.#cores.values()].sort((one, other) => (one.coreId ?? 0) - (other.coreId ?? 0));
    return cores.map((core) => ({
      records: recordsOf(core),
      isExact: core.isExact,
      ...(core.coreId === undefined ? {} : { coreId: core.coreId }),
      ...textOf('firstSequence', core.first),
      ...textOf('lastSequence', core.last),
      ...textOf('afterNs', core.isOpenBefore ? undefined : core.afterNs),
      ...textOf('beforeNs', core.isOpenAfter ? undefined : core.beforeNs),
      ...(core.restarts === undefined ? {} : { restarts: core.restarts }),
    }));
  }
}

function newLosses(coreId: number | undefined, restarts: number | undefined): CoreLosses {
  return {
    coreId,
    restarts,
    stretches: [],
    atLeast: 0,
    atLeastBehind: 0,
    isExact: true,
    first: undefined,
    last: undefined,
    afterNs: undefined,
    beforeNs: undefined,
    isOpenBefore: false,
    isOpenAfter: false,
  };
}

/** Adds a stretch to others that are in order and apart. */
function add(stretches: Stretch[], from: bigint, to: bigint): void {
  let at = stretches.length;
  while (at > 0 && stretches[at - 1]!.to >= from) at -= 1;
  let behind = at;
  let joined = { from, to };
  for (; behind < stretches.length && stretches[behind]!.from <= to; behind++) {
    const one = stretches[behind]!;
    joined = {
      from: one.from < joined.from ? one.from : joined.from,
      to: one.to > joined.to ? one.to : joined.to,
    };
  }
  stretches.splice(at, behind - at, joined);
}

function recordsOf({ stretches, atLeast, atLeastBehind }: CoreLosses): number {
  return stretches.reduce((sum, { from, to }) => sum + Number(to - from), atLeast + atLeastBehind);
}

function bigintOf(text: string | undefined): bigint | undefined {
  return text === undefined ? undefined : BigInt(text);
}

function least(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other < one ? other : one;
}

function most(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other > one ? other : one;
}

function textOf<Name extends string>(name: Name, value: bigint | undefined): Partial<Record<Name, string>> {
  return value === undefined ? {} : ({ [name]: String(value) } as Record<Name, string>);
}
