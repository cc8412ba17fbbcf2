import { readI32, readU32, readU64 } from '../../bytes/halves.js';
import { compareBytes } from '../../bytes/compare.js';
import { locateString, type StringPlace } from '../archived-string.js';
import {
  CONTROL_EMPTY,
  CONTROL_FULL_MAX,
  controlCount,
  MAP,
  SLOT_ALIGNMENT,
  SLOT_BYTES,
  SLOT_VALUE,
} from './commit-map-format.js';

const place: StringPlace = { textStart: 0, textLength: 0 };
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Checks the map that the 12 bytes at `at` refer to: its slots and control bytes within
 * `[start, at's root)`, each name within what lies before the slots, in order and apart from each
 * other, and as many names as it claims. What it costs is bounded by the bytes that are there.
 * @returns undefined if it is good, else the reason
 */
export function checkCommitMap(
  bytes: Uint8Array,
  start: number,
  root: number,
  at: number,
): string | undefined {
  const length = readU32(bytes, at + MAP.length);
  const capacity = readU32(bytes, at + MAP.capacity);
  if (length === 0 && capacity === 0) return undefined;
  if (length >= capacity) return 'a map has more names than slots';

  const controlsAt = at + readI32(bytes, at + MAP.pointer);
  const controlsEnd = controlsAt + controlCount(capacity);
  const slotsAt = controlsAt - SLOT_BYTES * capacity;
  if (slotsAt < start || controlsEnd > root) return 'a map lies out of bounds';
  if ((slotsAt - start) % SLOT_ALIGNMENT !== 0) return 'a map is not aligned';

  const reason = checkControls(bytes, controlsAt, capacity, controlsEnd);
  return reason ?? checkNames(bytes, start, slotsAt, controlsAt, capacity, length);
}

function checkControls(
  bytes: Uint8Array,
  controlsAt: number,
  capacity: number,
  controlsEnd: number,
): string | undefined {
  for (let slot = 0; slot < capacity; slot++) {
    const control = bytes[controlsAt + slot]!;
    if (control > CONTROL_FULL_MAX && control !== CONTROL_EMPTY) return 'a map has a bad control byte';
  }
  const copiesEnd = Math.min(controlsAt + 2 * capacity, controlsEnd);
  for (let copyAt = controlsAt + capacity; copyAt < copiesEnd; copyAt++) {
    if (bytes[copyAt] !== bytes[copyAt - capacity]) return 'a map has a control byte unlike its copy';
  }
  return undefined;
}

function checkNames(
  bytes: Uint8Array,
  start: number,
  slotsAt: number,
  controlsAt: number,
  capacity: number,
  length: number,
): string | undefined {
  let names = 0;
  let low = start;
  for (let slot = 0; slot < capacity; slot++) {
    if (bytes[controlsAt + slot] === CONTROL_EMPTY) continue;
    names++;
    const slotAt = controlsAt - SLOT_BYTES * (slot + 1);
    const reason = locateString(bytes, slotAt, low, slotsAt, place);
    if (reason !== undefined) return reason;
    if (place.textStart !== slotAt) low = place.textStart + place.textLength;
  }
  return names === length ? undefined : 'a map has not as many names as it claims';
}

/**
 * The content of a map that `checkCommitMap` found good, in ascending order of the names' bytes. Of
 * two equal names, which only a broken writer makes, the one in the later slot holds.
 */
export function readCommitMap(bytes: Uint8Array, at: number): Map<string, bigint> {
  const capacity = readU32(bytes, at + MAP.capacity);
  const controlsAt = at + readI32(bytes, at + MAP.pointer);
  const names: { text: Uint8Array; offset: bigint }[] = [];
  for (let slot = 0; slot < capacity; slot++) {
    if (bytes[controlsAt + slot] === CONTROL_EMPTY) continue;
    const slotAt = controlsAt - SLOT_BYTES * (slot + 1);
    locateString(bytes, slotAt, 0, bytes.length, place);
    const text = bytes.subarray(place.textStart, place.textStart + place.textLength);
    names.push({ text, offset: readU64(bytes, slotAt + SLOT_VALUE) });
  }
  names.sort((a, b) => compareBytes(a.text, b.text));
  return new Map(names.map(({ text, offset }) => [decoder.decode(text), offset]));
}
