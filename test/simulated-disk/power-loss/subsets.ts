import { SeededRandom } from '../seeded-random.js';

/** How subsets of pending effects are chosen. */
export interface SubsetOptions {
  readonly seed: number;
  readonly allSubsetsUpTo: number;
  readonly samples: number;
}

/** Of prefixes, single ones and complements at most this many each, so that it stays linear. */
const EACH_MAX = 256;

/**
 * Subsets of `count` effects as flags (1 = in it): all of them where there are few; else every
 * prefix, every single one, every complement of a single one, and random samples. The array
 * is reused: copy what must live longer.
 */
export function* chooseSubsets(count: number, options: SubsetOptions): Generator<Uint8Array> {
  const flags = new Uint8Array(count);
  if (count <= options.allSubsetsUpTo) {
    for (let mask = 0; mask < 2 ** count; mask += 1) {
      for (let bit = 0; bit < count; bit += 1) flags[bit] = (mask >>> bit) & 1;
      yield flags;
    }
    return;
  }
  const random = new SeededRandom(options.seed);
  for (const length of spread(count + 1, random)) {
    yield flags.fill(1, 0, length).fill(0, length);
  }
  for (const single of spread(count, random)) {
    flags.fill(0)[single] = 1;
    yield flags;
    flags.fill(1)[single] = 0;
    yield flags;
  }
  for (let sample = 0; sample < options.samples; sample += 1) {
    // Of sparse, dense and middling subsets alike.
    const share = random.next();
    for (let at = 0; at < count; at += 1) flags[at] = random.next() < share ? 1 : 0;
    yield flags;
  }
}

/** All numbers below `count`, or as many as allowed: the first and last ones, the rest at random. */
function spread(count: number, random: SeededRandom): number[] {
  if (count <= EACH_MAX) return Array.from({ length: count }, (_, at) => at);
  const chosen = new Set<number>();
  for (let edge = 0; edge < EACH_MAX / 4; edge += 1) chosen.add(edge).add(count - 1 - edge);
  while (chosen.size < EACH_MAX) chosen.add(random.below(count));
  return [...chosen].sort((left, right) => left - right);
}
