/** The sequence that comes next in a log that ends at one, where that is known. */
export function upTo(endSequence: bigint | undefined, nextSequence: bigint | undefined): bigint | undefined {
  if (endSequence === undefined || nextSequence === undefined) return nextSequence;
  return nextSequence < endSequence ? nextSequence : endSequence;
}
