import { checkBytes } from '../bytes/byte-argument.js';
import { KeyHash } from './key-hash.js';

/** The effect of a change on its key; also the byte that stands for it. */
export const StateOp = { put: 0, delete: 1 } as const;

/** One of the two values of `StateOp`. */
export type StateOp = (typeof StateOp)[keyof typeof StateOp];

const U64_MAX = 2n ** 64n - 1n;
const U32_MAX = 2 ** 32 - 1;

/**
 * One change of state: which key, by its hash, and where its value lies. It holds no key and
 * no value, so that it has a fixed size (32 bytes in a changelog). After LaminarDB's entry of
 * the same name.
 */
export class StateChangelogEntry {
  /** The epoch that the change belongs to, 64 bits. */
  readonly epoch: bigint;
  /** `hashKey` of the key, 64 bits. */
  readonly keyHash: bigint;
  /** Position of the value in the state store, in bytes, 64 bits; 0 for a delete. */
  readonly mmapOffset: bigint;
  /** The value's length in bytes, 32 bits; 0 for a delete. */
  readonly valueLength: number;
  readonly op: StateOp;

  /** Throws a `RangeError` if a number does not fit its width. */
  constructor(epoch: bigint, keyHash: bigint, mmapOffset: bigint, valueLength: number, op: StateOp) {
    this.epoch = checkedU64(epoch, 'epoch');
    this.keyHash = checkedU64(keyHash, 'keyHash');
    this.mmapOffset = checkedU64(mmapOffset, 'mmapOffset');
    this.valueLength = checkedU32(valueLength, 'valueLength');
    this.op = checkedOp(op);
  }

  /** A value was written, and lies at `mmapOffset`. */
  static put(epoch: bigint, keyHash: bigint, mmapOffset: bigint, valueLength: number): StateChangelogEntry {
    return new StateChangelogEntry(epoch, keyHash, mmapOffset, valueLength, StateOp.put);
  }

  /** The key was deleted. */
  static delete(epoch: bigint, keyHash: bigint): StateChangelogEntry {
    return new StateChangelogEntry(epoch, keyHash, 0n, 0, StateOp.delete);
  }

  /** An entry for `key`, hashing it. */
  static fromKey(
    key: Uint8Array,
    epoch: bigint,
    mmapOffset: bigint,
    valueLength: number,
    op: StateOp,
  ): StateChangelogEntry {
    const hash = StateChangelogEntry.hashKey(key);
    return new StateChangelogEntry(epoch, hash, mmapOffset, valueLength, op);
  }

  /** The 64-bit hash of a key (see `KeyHash`, which does the same without bigint). */
  static hashKey(key: Uint8Array): bigint {
    checkBytes(key, 'key');
    const hash = new KeyHash();
    hash.hash(key);
    return hash.toBigint();
  }

  get isPut(): boolean {
    return this.op === StateOp.put;
  }

  get isDelete(): boolean {
    return this.op === StateOp.delete;
  }
}

/** Returns `value` if it fits 64 unsigned bits; throws a `RangeError` otherwise. */
export function checkedU64(value: bigint, name: string): bigint {
  if (typeof value !== 'bigint') throw new TypeError(`${name} must be a bigint`);
  if (value < 0n || value > U64_MAX) throw new RangeError(`${name} must be from 0 to 2^64 - 1`);
  return value;
}

/** Returns `value` if it is an integer that fits 32 unsigned bits; throws a `RangeError` otherwise. */
export function checkedU32(value: number, name: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= U32_MAX) return value;
  throw new RangeError(`${name} must be an integer from 0 to 2^32 - 1, not ${value}`);
}

function checkedOp(op: StateOp): StateOp {
  if (op >>> 1 === 0) return op;
  throw new RangeError(`op must be one of StateOp's values, not ${op}`);
}
