/** Multiplier of FxHash (Firefox's hash, by way of rustc): 2^64 divided by pi, made odd. */
const MULTIPLIER = 0x517c_c1b7_2722_0a95n;
const ROTATION = 5n;
const STRING_END = 0xffn;

function mix(hash: bigint, word: bigint): bigint {
  const rotated = BigInt.asUintN(64, hash << ROTATION) | (hash >> (64n - ROTATION));
  return BigInt.asUintN(64, (rotated ^ word) * MULTIPLIER);
}

/**
 * FxHash64 of a string's UTF-8 bytes and the byte 0xFF that ends it: what places the keys in a
 * Commit's map (docs/formats/rkyv.md). Words are 8 bytes each, then 4, 2 and 1 where they are left
 * over. Only a Commit's few names are hashed, so `bigint` is quick enough.
 */
export function fxHashString(utf8: Uint8Array): bigint {
  const view = new DataView(utf8.buffer, utf8.byteOffset, utf8.length);
  let hash = 0n;
  let at = 0;
  for (; at + 8 <= utf8.length; at += 8) hash = mix(hash, view.getBigUint64(at, true));
  if (at + 4 <= utf8.length) {
    hash = mix(hash, BigInt(view.getUint32(at, true)));
    at += 4;
  }
  if (at + 2 <= utf8.length) {
    hash = mix(hash, BigInt(view.getUint16(at, true)));
    at += 2;
  }
  if (at < utf8.length) hash = mix(hash, BigInt(view.getUint8(at)));
  return mix(hash, STRING_END);
}
