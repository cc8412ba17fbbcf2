import { compareBytes } from '../../bytes/compare.js';
import { fxHashString } from '../../bytes/hash/fx-hash.js';
import { writeU32, writeU64 } from '../../bytes/halves.js';
import { toUtf8 } from '../../bytes/text/text.js';
import { isOutOfLine, writeString } from '../archived-string.js';
import {
  CONTROL_EMPTY,
  controlCount,
  GROUP_WIDTH,
  MAP,
  mapCapacity,
  POINTER_TO_NOTHING,
  probeCapacity,
  SLOT_ALIGNMENT,
  SLOT_BYTES,
  SLOT_VALUE,
} from './commit-map-format.js';

interface Name {
  readonly text: Uint8Array;
  readonly offset: bigint;
}

const OFFSET_MAX = 2n ** 64n - 1n;

/** A Commit's map with every name in its slot, ready to be written. */
export interface CommitMapLayout {
  readonly length: number;
  readonly slots: readonly (Name | undefined)[];
  readonly controls: Uint8Array;
  /** Bytes of the names that do not fit in their slots, which come first. */
  readonly textBytes: number;
  /** All bytes: names, zeros up to the slots' alignment, slots, control bytes. */
  readonly bytes: number;
}

/**
 * Places names in slots. The names are inserted in ascending order of their bytes, so that the same
 * content always gives the same bytes (the original's order is random).
 * @throws StatelogError `INVALID_ARGUMENT` for a name that has no UTF-8 form
 * @throws RangeError for an offset that is not a u64
 */
export function layOutCommitMap(offsets: ReadonlyMap<string, bigint>): CommitMapLayout {
  const names = sortedNames(offsets);
  const capacity = mapCapacity(names.length);
  if (capacity === 0) return { length: 0, slots: [], controls: new Uint8Array(), textBytes: 0, bytes: 0 };

  const slots = new Array<Name | undefined>(capacity).fill(undefined);
  const controls = new Uint8Array(controlCount(capacity)).fill(CONTROL_EMPTY);
  let textBytes = 0;
  for (const name of names) {
    const hash = fxHashString(name.text);
    const slot = findEmptySlot(controls, capacity, Number(hash % BigInt(capacity)));
    slots[slot] = name;
    controls[slot] = Number(hash >> 57n);
    if (slot < controls.length - capacity) controls[capacity + slot] = controls[slot];
    if (isOutOfLine(name.text.length)) textBytes += name.text.length;
  }
  const bytes = slotsStart(textBytes) + capacity * SLOT_BYTES + controls.length;
  return { length: names.length, slots, controls, textBytes, bytes };
}

function sortedNames(offsets: ReadonlyMap<string, bigint>): Name[] {
  const names: Name[] = [];
  for (const [name, offset] of offsets) {
    if (offset < 0n || offset > OFFSET_MAX)
      throw new RangeError(`the offset ${offset} of ${name} is not a u64`);
    names.push({ text: toUtf8(name), offset });
  }
  return names.sort((a, b) => compareBytes(a.text, b.text));
}

function findEmptySlot(controls: Uint8Array, capacity: number, start: number): number {
  const positionMask = 2 ** Math.ceil(Math.log2(controls.length)) - 1;
  const positionEnd = probeCapacity(capacity);
  let position = start;
  for (let stride = 0; ;) {
    for (let bit = 0; bit < GROUP_WIDTH; bit++) {
      if (controls[position + bit] === CONTROL_EMPTY) return (position + bit) % capacity;
    }
    do {
      stride += GROUP_WIDTH;
      position = (position + stride) & positionMask;
    } while (position >= positionEnd);
  }
}

function slotsStart(textBytes: number): number {
  return Math.ceil(textBytes / SLOT_ALIGNMENT) * SLOT_ALIGNMENT;
}

/**
 * Writes a map's bytes from `at` on, which is aligned to 8 within the entry, into zeroed bytes.
 * @returns where the control bytes are: what `ptr` points at
 */
export function writeCommitMap(layout: CommitMapLayout, into: Uint8Array, at: number): number {
  const controlsAt = at + layout.bytes - layout.controls.length;
  let textAt = at;
  for (const [slot, name] of layout.slots.entries()) {
    if (name === undefined) continue;
    const slotAt = controlsAt - SLOT_BYTES * (slot + 1);
    writeString(into, slotAt, name.text, textAt);
    writeU64(into, slotAt + SLOT_VALUE, name.offset);
    if (!isOutOfLine(name.text.length)) continue;
    into.set(name.text, textAt);
    textAt += name.text.length;
  }
  into.set(layout.controls, controlsAt);
  return controlsAt;
}

/** Writes the 12 bytes at `at` that refer to the map whose control bytes are at `controlsAt`. */
export function writeCommitMapReference(
  layout: CommitMapLayout,
  into: Uint8Array,
  at: number,
  controlsAt: number,
): void {
  writeU32(into, at + MAP.pointer, layout.length === 0 ? POINTER_TO_NOTHING : controlsAt - at);
  writeU32(into, at + MAP.length, layout.length);
  writeU32(into, at + MAP.capacity, layout.slots.length);
}
