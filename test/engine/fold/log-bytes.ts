import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { headerBytes } from '../../../src/engine/fold/format/header.js';
import {
  cursorBytes,
  deleteBytesMax,
  encodeCursor,
  encodeDeleteRecord,
  encodePutRecord,
  putBytesMax,
} from '../../../src/engine/fold/format/record-encoder.js';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';

/** One record's bytes, for building logs by hand. */
export function putRecord(key: string, value: string | Uint8Array, revision?: bigint): Uint8Array {
  const bytes = typeof value === 'string' ? toUtf8(value) : value;
  const version = revision === undefined ? VersionToken.unknown() : VersionToken.fromU64(revision);
  const into = new Uint8Array(putBytesMax(toUtf8(key), bytes, version));
  encodePutRecord(into, 0, key, bytes, version);
  return into;
}

export function deleteRecord(key: string, revision?: bigint): Uint8Array {
  const version = revision === undefined ? VersionToken.unknown() : VersionToken.fromU64(revision);
  const into = new Uint8Array(deleteBytesMax(toUtf8(key), version));
  encodeDeleteRecord(into, 0, key, version);
  return into;
}

export function cursorRecord(revision?: bigint): Uint8Array {
  const cursor = revision === undefined ? WatchCursor.none() : WatchCursor.fromU64(revision);
  const into = new Uint8Array(cursorBytes(cursor));
  encodeCursor(into, 0, cursor);
  return into;
}

/** A log: the header, then the parts. */
export function logOf(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat([headerBytes(), ...parts]));
}

/** The same bytes with one changed. */
export function withByte(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at] = change(changed[at]!);
  return changed;
}
