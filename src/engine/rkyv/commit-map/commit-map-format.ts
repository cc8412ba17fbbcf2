/**
 * The map of a Commit: a swiss table that is written once (docs/formats/rkyv.md, "Commit's map").
 * `ptr:i32 len:u32 cap:u32` refer to the control bytes; the slots lie before those, slot 0 last.
 * Source of the idea: Abseil's SwissTable, as rkyv archives it.
 */

/** Byte positions in the 12 bytes that refer to a map. */
export const MAP = { pointer: 0, length: 4, capacity: 8 } as const;

/** Control bytes are probed in groups of this many. */
export const GROUP_WIDTH = 16;

/** A slot: a string (8 bytes) and a u64. */
export const SLOT_BYTES = 16;
export const SLOT_VALUE = 8;
export const SLOT_ALIGNMENT = 8;

/** A control byte of a slot that holds nothing; of one that does, the top 7 bits of its key's hash. */
export const CONTROL_EMPTY = 0xff;
export const CONTROL_FULL_MAX = 0x7f;

/** `ptr` of what points at nothing. */
export const POINTER_TO_NOTHING = 1;

/** How many slots a map of `length` keys has: at least an eighth of them, and one, stay empty. */
export function mapCapacity(length: number): number {
  return length === 0 ? 0 : Math.max(Math.floor((length * 8) / 7), length + 1);
}

/** Slots rounded up to whole groups: positions below this are where a probe may start. */
export function probeCapacity(capacity: number): number {
  return Math.ceil(capacity / GROUP_WIDTH) * GROUP_WIDTH;
}

/** How many control bytes there are, so that a group can be read from any probed position. */
export function controlCount(capacity: number): number {
  return probeCapacity(capacity) + GROUP_WIDTH - 1;
}
