import { blake3Hex } from '../../bytes/hash/blake3.js';
import type { LostChange, LostKey, OlderValue } from './report.js';

/** Keys that are remembered at a time, and their bytes: more are not listed. */
const KEYS_MAX = 16_384;
const KEY_BYTES_MAX = 16 * 1024 * 1024;
const SIEVE_BITS = 2 ** 16;

/** A damaged record of which it is known that it was a change, but not of which key. */
export interface NamelessChange {
  readonly op: 'put' | 'delete';
  readonly file: string;
  readonly offset: number;
  /** When it was written, where that is proven. */
  readonly written?: WrittenAt | undefined;
  /** Its number and its core, likewise. */
  readonly sequence?: bigint | undefined;
  readonly coreId?: number | undefined;
}

/** A damaged record whose key is proven. */
export interface DamagedChange extends NamelessChange {
  readonly key: Uint8Array;
}

/** The fields that order records of several cores. */
export interface WrittenAt {
  readonly epoch: bigint;
  readonly timestampNs: bigint;
}

interface Suspect extends DamagedChange {
  /** How many good records of the log lie before the damaged one. */
  readonly recordsBefore: number;
  /** The effect of the last good record of the key before it, and whether one follows. */
  before: 'put' | 'delete' | undefined;
  /** The value of that record. */
  older: OlderValue | undefined;
  /** The last record of the key in another core's log that was written before it. */
  beside: { readonly op: 'put' | 'delete'; readonly written: WrittenAt } | undefined;
  isOverwritten: boolean;
}

/**
 * Finds out what damaged records come to. Those whose key can be made out are noted down while a log is
 * read; when it is read once more, each good record of such a key says whether an older value stands
 * in the lost one's place, or a later one makes up for it.
 */
export class LostKeys {
  readonly #suspects = new Map<string, Suspect>();
  /** Most keys are none of these, and are told so without being looked up. */
  readonly #sieve = new Uint8Array(SIEVE_BITS);
  #bytes = 0;
  #nameless: NamelessChange[] = [];

  /** True if it matters which keys the records have. */
  get isWanted(): boolean {
    return this.#suspects.size > 0;
  }

  /**
   * Notes down a damaged record.
   * @param recordsBefore how many good records of the log that is read next, or now, lie before it
   * @param before what is known already to stand in its place
   */
  note(change: DamagedChange, recordsBefore: number, before?: 'put'): void {
    const { key } = change;
    if (this.#suspects.size >= KEYS_MAX || this.#bytes + key.length > KEY_BYTES_MAX) return;
    this.#bytes += key.length;
    this.#sieve[sieveOf(key, 0, key.length)] = 1;
    this.#suspects.set(nameOf(key, 0, key.length), {
      ...change,
      recordsBefore,
      before,
      older: undefined,
      beside: undefined,
      isOverwritten: false,
    });
  }

  /** Notes down a damaged record whose key is not known: whether a later one makes up for it cannot be told. */
  noteNameless(change: NamelessChange): void {
    if (this.#nameless.length < KEYS_MAX) this.#nameless.push(change);
  }

  /**
   * Takes a good record of the log, the `index`th, whose key is at `bytes[start, end)`.
   * @param valueOf the value of a put, asked for where the key matters
   */
  see(
    bytes: Uint8Array,
    start: number,
    end: number,
    op: 'put' | 'delete',
    index: number,
    valueOf?: () => Uint8Array,
  ): void {
    if (this.#sieve[sieveOf(bytes, start, end)] === 0) return;
    const suspect = this.#suspects.get(nameOf(bytes, start, end));
    if (suspect === undefined) return;
    if (index >= suspect.recordsBefore) {
      suspect.isOverwritten = true;
      return;
    }
    suspect.before = op;
    suspect.older = op === 'put' && valueOf !== undefined ? olderValue(valueOf()) : undefined;
  }

  /** Takes a good record of another core's log: two may write one key, and the later one counts. */
  seeBeside(bytes: Uint8Array, start: number, end: number, op: 'put' | 'delete', written: WrittenAt): void {
    if (this.#sieve[sieveOf(bytes, start, end)] === 0) return;
    const suspect = this.#suspects.get(nameOf(bytes, start, end));
    if (suspect?.written === undefined) return;
    if (isLater(written, suspect.written)) suspect.isOverwritten = true;
    else if (suspect.beside === undefined || isLater(written, suspect.beside.written)) {
      suspect.beside = { op, written };
    }
  }

  /**
   * Resolves the losses of the log that was just read for the second time; the next log starts anew.
   * @param isBelow whether what lies below the log, such as a checkpoint, has a value for a key, or which
   */
  *resolve(isBelow: (key: Uint8Array) => boolean | Uint8Array = () => false): Generator<LostKey, void> {
    for (const suspect of this.#suspects.values()) {
      if (suspect.isOverwritten) continue;
      const { key, op, before, beside } = suspect;
      const last = before ?? beside?.op;
      const below = last === undefined ? isBelow(key) : false;
      const fallsBack = last === undefined ? below !== false : last === 'put';
      const older = typeof below === 'boolean' ? suspect.older : olderValue(below);
      // A delete of what is not there anyway has lost nothing.
      if (op === 'put' || fallsBack) yield { key, ...placeOf(suspect), fallsBack, ...(older && { older }) };
    }
    this.#forgetKeys();
  }

  /** The changes whose keys are not known, of the log that was just resolved; each is told once. */
  takeNameless(): LostChange[] {
    return this.#nameless.splice(0).map(placeOf);
  }

  /** Forgets all that was noted down: none of it is lost. */
  forget(): void {
    this.#nameless = [];
    this.#forgetKeys();
  }

  #forgetKeys(): void {
    this.#suspects.clear();
    this.#sieve.fill(0);
    this.#bytes = 0;
  }
}

function placeOf({ op, file, offset, written, sequence, coreId }: NamelessChange): LostChange {
  return { op, file, offset, sequence, timestampNs: written?.timestampNs, coreId };
}

function olderValue(value: Uint8Array): OlderValue {
  return { bytes: value.length, digest: blake3Hex(value) };
}

function isLater(one: WrittenAt, other: WrittenAt): boolean {
  return one.epoch === other.epoch ? one.timestampNs > other.timestampNs : one.epoch > other.epoch;
}

function nameOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

function sieveOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return 0;
  const last = bytes[end - 1]! | (bytes[end - 1 - (length > 1 ? 1 : 0)]! << 8);
  return (last ^ Math.imul(length, 0x9e5) ^ (bytes[start]! << 3)) & (SIEVE_BITS - 1);
}
