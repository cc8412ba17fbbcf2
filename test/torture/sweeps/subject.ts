/** What was done to a file. */
export type Change =
  | { readonly kind: 'cut'; readonly length: number }
  | { readonly kind: 'flip'; readonly byte: number; readonly bit: number };

/** A file that is swept, and what must hold of each changed copy of it. */
export interface Subject {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Throws where a promise is broken. The bytes are only lent. */
  readonly check: (changed: Uint8Array, change: Change) => void;
}

export function describeChange(change: Change): string {
  return change.kind === 'cut'
    ? `cut at ${change.length}`
    : `bit ${change.bit} of byte ${change.byte} flipped`;
}

/** A part of a file that is good or bad as a whole: a record. */
export interface Part {
  readonly offset: number;
  readonly length: number;
}

export interface Seen {
  readonly parts: readonly Part[];
  readonly findings: readonly {
    readonly offset: number;
    readonly severity: string;
    readonly nextGood?: number | undefined;
  }[];
}

/**
 * For files of records that each have a checksum: a change loses the record that it is in and no other, nothing is
 * returned that was not there, and the first finding says where.
 * @param start where the first record starts
 */
export function checkRecords(
  originals: readonly Part[],
  start: number,
  seen: Seen,
  size: number,
  change: Change,
): void {
  const badAt = change.kind === 'cut' ? change.length : change.byte;
  const due = originals.filter(({ offset, length }) =>
    change.kind === 'cut' ? offset + length <= size : badAt < offset || badAt >= offset + length,
  );
  const strange = seen.parts.find((part, index) => {
    const expected = due[index];
    return part.offset !== expected?.offset || part.length !== expected.length;
  });
  if (strange !== undefined) throw new Error(`R2: a record at ${strange.offset} that was not there`);
  if (seen.parts.length !== due.length) {
    throw new Error(`R3: ${seen.parts.length} records of the ${due.length} that are whole`);
  }
  const first = seen.findings[0];
  const wholeEnd = due.length === 0 ? start : due.at(-1)!.offset + due.at(-1)!.length;
  if (change.kind === 'cut') {
    if (size === wholeEnd || size < start) return;
    if (first?.offset !== wholeEnd) {
      throw new Error(`R5: the torn tail at ${wholeEnd} is said to be at ${first?.offset ?? 'no offset'}`);
    }
    if (first.severity !== 'torn') throw new Error(`R5: a torn tail is called ${first.severity}`);
    return;
  }
  const bad = originals.find(({ offset, length }) => badAt >= offset && badAt < offset + length);
  if (bad !== undefined && first?.offset !== bad.offset) {
    throw new Error(`R5: the bad record at ${bad.offset} is said to be at ${first?.offset ?? 'no offset'}`);
  }
}
