import { readU32, readU64, writeU32, writeU64 } from '../../bytes/halves.js';
import { StatelogError } from '../../errors.js';
import {
  FORMAT_VERSION,
  GENERATION_AT,
  MAGIC_HIGH,
  MAGIC_LOW,
  STATE_HEADER_BYTES,
  VERSION_AT,
} from './format.js';

/** True if the bytes start with the magic number of a state file or an index. */
export function hasStateMagic(bytes: Uint8Array): boolean {
  return bytes.length >= VERSION_AT && readU32(bytes, 0) === MAGIC_LOW && readU32(bytes, 4) === MAGIC_HIGH;
}

/** Writes the magic number and the version, which both files start with. */
export function writeMagic(bytes: Uint8Array): void {
  writeU32(bytes, 0, MAGIC_LOW);
  writeU32(bytes, 4, MAGIC_HIGH);
  writeU32(bytes, VERSION_AT, FORMAT_VERSION);
}

/**
 * Checks the magic number and the version of either file's first bytes.
 * @throws StatelogError `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`
 */
export function checkMagic(bytes: Uint8Array, path: string, name: string): void {
  if (!hasStateMagic(bytes) || bytes.length < VERSION_AT + 4) {
    throw new StatelogError('UNKNOWN_FORMAT', `this is not ${name}`, {
      path,
      offset: 0,
      hint: `run 'statelog stat' on it to see what it holds`,
    });
  }
  const version = readU32(bytes, VERSION_AT);
  if (version !== FORMAT_VERSION) {
    throw new StatelogError('UNSUPPORTED_VERSION', `this is ${name} of version ${version}`, {
      path,
      offset: VERSION_AT,
      expected: String(FORMAT_VERSION),
      found: String(version),
      hint: 'open it with the program that wrote it',
    });
  }
}

/** The header of a state file (docs/formats/state-file.md): 32 bytes. */
export function encodeStateHeader(generation: bigint): Uint8Array {
  const bytes = new Uint8Array(STATE_HEADER_BYTES);
  writeMagic(bytes);
  writeU64(bytes, GENERATION_AT, generation);
  return bytes;
}

/**
 * The generation of a state file, from its first 32 bytes; 0 in a file that LaminarDB made.
 * @throws StatelogError `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`
 */
export function decodeStateHeader(bytes: Uint8Array, path: string): bigint {
  checkMagic(bytes, path, 'a state file');
  if (bytes.length < STATE_HEADER_BYTES) {
    throw new StatelogError('UNKNOWN_FORMAT', 'this is too short for a state file', {
      path,
      offset: bytes.length,
    });
  }
  return readU64(bytes, GENERATION_AT);
}
