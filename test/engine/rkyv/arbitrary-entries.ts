import fc from 'fast-check';
import type { WalEntry, WalOperation } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { anyCharacter } from '../../support/any-text.js';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const bytes = fc.oneof(fc.uint8Array({ maxLength: 24 }), fc.uint8Array({ maxLength: 300 }));
const name = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 12 }),
  fc.string({ minLength: 5, maxLength: 80 }),
);

const operation: fc.Arbitrary<WalOperation> = fc.oneof(
  fc.record({ op: fc.constant('put' as const), key: bytes, value: bytes }),
  fc.record({ op: fc.constant('delete' as const), key: bytes }),
  fc.record({ op: fc.constant('checkpoint' as const), id: u64 }),
  fc.record({
    op: fc.constant('commit' as const),
    offsets: fc.array(fc.tuple(name, u64), { maxLength: 40 }).map((entries) => new Map(entries)),
    watermark: fc.option(i64, { nil: undefined }),
  }),
  fc.record({ op: fc.constant('epochBarrier' as const), barrierEpoch: u64 }),
);

/** Any entry that can be written. */
export const arbitraryEntry: fc.Arbitrary<WalEntry> = fc.record({
  epoch: u64,
  sequence: u64,
  coreId: fc.nat(0xffff),
  timestampNs: i64,
  operation,
  lag: fc.option(fc.nat(0xffff_ffff), { nil: undefined }),
});

/** A change of bytes that a mutation makes; positions are taken modulo the length. */
interface Change {
  readonly at: number;
  readonly value: number;
  readonly asWord: boolean;
}

const interestingWords = fc.constantFrom(
  0,
  1,
  2,
  5,
  64,
  255,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_ffff,
  0xffff_ffd4,
);

/** Up to four changes, most of them near the end, where roots lie. */
export const arbitraryChanges: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    at: fc.oneof(
      fc.nat(120).map((fromEnd) => -1 - fromEnd),
      fc.nat(100_000),
    ),
    value: fc.oneof(fc.nat(255), interestingWords),
    asWord: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

/** A copy of `original` with the changes made. */
export function mutate(original: Uint8Array, changes: readonly Change[]): Uint8Array {
  const mutated = original.slice();
  const view = new DataView(mutated.buffer);
  if (mutated.length < 8) return mutated;
  for (const { at, value, asWord } of changes) {
    const position = ((at % mutated.length) + mutated.length) % mutated.length;
    if (asWord) view.setUint32(Math.min(position & ~3, mutated.length - 4), value, true);
    else mutated[position] = value;
  }
  return mutated;
}
