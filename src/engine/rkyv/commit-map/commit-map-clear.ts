import { readI32, readU32, writeU64 } from '../../bytes/halves.js';
import { CONTROL_EMPTY, MAP, SLOT_BYTES, SLOT_VALUE } from './commit-map-format.js';

/** Sets each value of a map that `checkCommitMap` found good to 0, where it lies. Names and lengths stay. */
export function clearCommitMap(bytes: Uint8Array, at: number): void {
  const capacity = readU32(bytes, at + MAP.capacity);
  const controlsAt = at + readI32(bytes, at + MAP.pointer);
  for (let slot = 0; slot < capacity; slot++) {
    if (bytes[controlsAt + slot] === CONTROL_EMPTY) continue;
    writeU64(bytes, controlsAt - SLOT_BYTES * (slot + 1) + SLOT_VALUE, 0n);
  }
}
