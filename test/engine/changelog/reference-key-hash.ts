const MASK = 2n ** 64n - 1n;

function readLong(bytes: Uint8Array, at: number, length: number): bigint {
  let value = 0n;
  for (let index = length - 1; index >= 0; index -= 1) value = (value << 8n) | BigInt(bytes[at + index]!);
  return value;
}

function mix(a: bigint, b: bigint): bigint {
  const product = a * b;
  return (product & MASK) ^ (product >> 64n);
}

/** The changelog's key hash, written as plainly as bigint allows, to compare with. */
export function referenceKeyHash(key: Uint8Array): bigint {
  const length = key.length;
  let first = 0x243f_6a88_85a3_08d3n;
  let second = 0x1319_8a2e_0370_7344n;
  const width = length >= 8 ? 8 : 4;
  if (length > 16) {
    for (let at = 0; at + 16 < length; at += 16) {
      const mixed = mix(first ^ readLong(key, at, 8), 0xa409_3822_299f_31d0n ^ readLong(key, at + 8, 8));
      [first, second] = [second, mixed];
    }
    first ^= readLong(key, length - 16, 8);
    second ^= readLong(key, length - 8, 8);
  } else if (length >= 4) {
    first ^= readLong(key, 0, width);
    second ^= readLong(key, length - width, width);
  } else if (length > 0) {
    first ^= BigInt(key[0]!);
    second ^= BigInt((key[length - 1]! << 8) | key[length >> 1]!);
  }
  const product = ((mix(first, second) ^ BigInt(length)) * 0xf135_7aea_2e62_a9c5n) & MASK;
  return ((product << 26n) | (product >> 38n)) & MASK;
}
