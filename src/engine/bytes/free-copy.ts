import { markAsUntransferable } from 'node:worker_threads';
import { copyBytes } from './copy.js';

/** Up to this many bytes V8 keeps an array's memory beside the array. */
const INLINE_BYTES_MAX = 64;
const SLAB_BYTES = 16 * 1024;
/** A longer copy gets memory of its own, so that none keeps much more alive than it has. */
const SHARED_BYTES_MAX = SLAB_BYTES / 8;

let slab = new ArrayBuffer(0);
let used = 0;

/**
 * A copy that is free to keep and to change. Short ones share slabs of memory: an allocation each
 * costs several times what the copying does (100 bytes on Node 20: 45 ns, and 210 with `slice`). As
 * with Node's own pool of buffers, `buffer` of the copy is larger than the copy, and posting it to a thread copies it rather than moving it.
 */
export function freeCopy(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (isAlone(length)) return new Uint8Array(bytes);
  const copy = cutFromSlab(length);
  copyBytes(bytes, 0, length, copy, 0);
  return copy;
}

/** Copies `bytes[start, start + length)` as `freeCopy` does. */
export function freeCopyOf(bytes: Uint8Array, start: number, length: number): Uint8Array {
  const copy = isAlone(length) ? new Uint8Array(length) : cutFromSlab(length);
  copyBytes(bytes, start, length, copy, 0);
  return copy;
}

/** True for a copy that gets memory of its own. V8 takes 190 ns to make an array of none, and 30 for an empty part of a slab. */
function isAlone(length: number): boolean {
  return (length > 0 && length <= INLINE_BYTES_MAX) || length > SHARED_BYTES_MAX;
}

function cutFromSlab(length: number): Uint8Array {
  if (length >= slab.byteLength - used) {
    slab = new ArrayBuffer(SLAB_BYTES);
    markAsUntransferable(slab);
    used = 0;
  }
  const copy = new Uint8Array(slab, used, length);
  used += length;
  return copy;
}
