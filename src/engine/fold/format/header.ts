import { equalBytes } from '../../bytes/compare.js';
import { readU16, writeU16 } from '../../bytes/halves.js';
import { FORMAT_VERSION, HEADER_BYTES, MAGIC, VERSION_AT } from './format.js';

/** The verdict on the first bytes of a file. */
export type HeaderState = 'good' | BadHeader;

/** The faults that a header can have: too few bytes, another magic number, another version. */
export type BadHeader = 'short' | 'bad-magic' | 'bad-version';

/** The header of every log that is written here. */
export function headerBytes(): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC);
  writeU16(header, VERSION_AT, FORMAT_VERSION);
  return header;
}

/** Judges the first bytes of a file, 6 of them where it has as many. */
export function headerState(header: Uint8Array): HeaderState {
  if (header.length < HEADER_BYTES) return 'short';
  if (!equalBytes(header.subarray(0, VERSION_AT), MAGIC)) return 'bad-magic';
  return readU16(header, VERSION_AT) === FORMAT_VERSION ? 'good' : 'bad-version';
}

/**
 * True for what a crash while the log was made may leave of a header: a part of it, or zeros in its
 * place. A file of a few other bytes is someone else's, and is not written over.
 */
export function isTornHeader(header: Uint8Array): boolean {
  if (header.length >= HEADER_BYTES) return false;
  const whole = headerBytes();
  return header.every((byte, at) => byte === whole[at]) || header.every((byte) => byte === 0);
}
