import type { ByteChange } from './crc/one-change.js';

/**
 * The one change that puts a record right: only its length was wrong (whatever stood there), one bit, one
 * byte, a byte that was lost, or one that was added.
 */
export type MendKind = 'length' | 'bit' | 'byte' | 'lost-byte' | 'added-byte';

/** How far mending goes: only where the data is whole and its length alone is wrong; or wherever one change is certain. */
export type MendScope = 'length' | 'all';

/** A damaged record that exactly one change puts right. Positions count from its first byte, as it stands now. */
export interface RecordMend {
  readonly kind: MendKind;
  readonly at: number;
  /** The bytes as they stand, and as they should be: either may be empty. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** End of the record. */
  readonly end: number;
}

/** A damaged record of a file that was looked at. */
export interface PlacedLook {
  /** Start of the record in the file. */
  readonly offset: number;
  /** The change that puts it right; undefined where none is certain. */
  readonly mend: RecordMend | undefined;
}

/** A damaged record of a file, and the change that puts it right. */
export interface PlacedMend extends PlacedLook {
  readonly mend: RecordMend;
}

/** The records of those that were looked at that can be put right. */
export function mendsOf(looks: Iterable<PlacedLook>): PlacedMend[] {
  return [...looks].filter((look): look is PlacedMend => look.mend !== undefined);
}

/** The one mend there is; undefined where there is none, or more than one, of which none is certain then. */
export function onlyMend(mends: readonly RecordMend[]): RecordMend | undefined {
  return mends.length === 1 ? mends[0] : undefined;
}

/** The bytes of a record, put right. */
export function applyMend(bytes: Uint8Array, { at, before, after, end }: RecordMend): Uint8Array {
  const whole = new Uint8Array(end - before.length + after.length);
  whole.set(bytes.subarray(0, at));
  whole.set(after, at);
  whole.set(bytes.subarray(at + before.length, end), at + after.length);
  return whole;
}

/** Whether a byte is missing or too many. */
export function isLostOrAdded({ before, after }: RecordMend): boolean {
  return before.length !== after.length;
}

/** Another byte at `at`; `end` is where the record ends. */
export function changeOf(bytes: Uint8Array, at: number, byte: number, end: number): RecordMend {
  const kind = isOneBit(bytes[at]! ^ byte) ? 'bit' : 'byte';
  return { kind, at, before: bytes.slice(at, at + 1), after: Uint8Array.of(byte), end };
}

/** A byte more or less. */
export function shiftOf({ kind, at, byte }: ByteChange, end: number): RecordMend {
  const none = new Uint8Array(0);
  const one = Uint8Array.of(byte);
  return kind === 'lost'
    ? { kind: 'lost-byte', at, before: none, after: one, end }
    : { kind: 'added-byte', at, before: one, after: none, end };
}

/** The one byte of a 32-bit difference that is not zero, counted from the lowest; -1 where there are more. */
export function onlyByteOf(difference: number): number {
  const bytes = [0, 1, 2, 3].filter((byte) => ((difference >>> (8 * byte)) & 0xff) !== 0);
  return bytes.length === 1 ? bytes[0]! : -1;
}

/** The byte that `found` lacks, or has too many, beside what it must be, at its first place; undefined where that is not all. */
export function shiftedPart(found: Uint8Array, wanted: Uint8Array): ByteChange | undefined {
  const [shorter, longer] = found.length < wanted.length ? [found, wanted] : [wanted, found];
  let at = 0;
  while (at < shorter.length && shorter[at] === longer[at]) at++;
  for (let rest = at; rest < shorter.length; rest++) if (shorter[rest] !== longer[rest + 1]) return undefined;
  return { kind: shorter === found ? 'lost' : 'added', at, byte: longer[at]! };
}

function isOneBit(difference: number): boolean {
  return difference !== 0 && (difference & (difference - 1)) === 0;
}
