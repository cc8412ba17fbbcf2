import { isUint8Array } from 'node:util/types';

/*
 * Bytes that a caller gives are checked before anything changes: a string, whose elements are no numbers,
 * would otherwise be stored as so many zeros.
 */

/** @throws TypeError for anything but a `Uint8Array`, which a `Buffer` is, too */
export function checkBytes(value: unknown, name: string): asserts value is Uint8Array {
  // The second question is for arrays of another realm, and is only asked where the first, quicker one says no.
  if (!(value instanceof Uint8Array) && !isUint8Array(value)) throw wrongType(name, 'a Uint8Array', value);
}

/** Checks an argument as `checkBytes` does, unless it was left out. @throws TypeError */
export function checkBytesIfGiven(value: unknown, name: string): void {
  if (value !== undefined) checkBytes(value, name);
}

/** @throws TypeError for anything but a `bigint`, RangeError where it does not lie within the bounds */
export function checkBigint(value: unknown, name: string, min: bigint, max: bigint): asserts value is bigint {
  if (typeof value !== 'bigint') throw wrongType(name, 'a bigint', value);
  if (value < min || value > max) throw new RangeError(`${name} must be from ${min} to ${max}, not ${value}`);
}

/** The error for an argument of a wrong type: it names the type, never what it holds. */
export function wrongType(name: string, wanted: string, value: unknown): TypeError {
  const found = value === null ? 'null' : typeof value === 'object' ? nameOf(value) : typeof value;
  return new TypeError(`${name} must be ${wanted}, not ${found}`);
}

function nameOf(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === 'function' ? constructor.name : 'an object';
}
