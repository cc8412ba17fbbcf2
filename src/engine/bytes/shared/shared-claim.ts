/**
 * The holder of one end of a ring in shared memory. A ring for one producer and one consumer
 * gives wrong answers, and no error, where two write or two read; so each end is claimed by
 * the first that uses it, and a second one is told.
 */

/** The value of a claim's word while nobody has claimed it. */
const UNCLAIMED = 0;

/** A number for a new claimant, taken from the counter at word `at`; never 0. */
export function nextClaimant(words: Int32Array, at: number): number {
  const claimant = (Atomics.add(words, at, 1) + 1) | 0;
  return claimant === UNCLAIMED ? nextClaimant(words, at) : claimant;
}

/**
 * Takes the claim at word `at` for `claimant`; taking it twice is fine.
 * Throws a `TypeError` where another one holds it. `end` names it in the message.
 */
export function takeClaim(words: Int32Array, at: number, claimant: number, end: string): void {
  const holder = Atomics.compareExchange(words, at, UNCLAIMED, claimant);
  if (holder === UNCLAIMED || holder === claimant) return;
  throw new TypeError(`the ${end} is in use elsewhere; that one must call detach() first`);
}

/** Gives the claim at word `at` back, if `claimant` holds it. */
export function releaseClaim(words: Int32Array, at: number, claimant: number): void {
  Atomics.compareExchange(words, at, claimant, UNCLAIMED);
}

/** True if someone other than `claimant` holds the claim at word `at`. */
export function isClaimedByAnother(words: Int32Array, at: number, claimant: number): boolean {
  const holder = Atomics.load(words, at);
  return holder !== UNCLAIMED && holder !== claimant;
}
