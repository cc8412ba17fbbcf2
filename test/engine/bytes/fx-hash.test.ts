import test from 'ava';
import { fxHashString } from '../../../src/engine/bytes/hash/fx-hash.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';

const MULTIPLIER = 0x517c_c1b7_2722_0a95n;
const mix = (hash: bigint, word: bigint) =>
  BigInt.asUintN(64, (BigInt.asUintN(64, (hash << 5n) | (hash >> 59n)) ^ word) * MULTIPLIER);

test('the hash of the empty string is that of its end alone', (t) => {
  t.is(fxHashString(new Uint8Array()), mix(0n, 0xffn));
});

test('a string is hashed in words of 8 bytes, then 4, 2 and 1, wherever it lies', (t) => {
  const text = toUtf8('0123456789abcdef');
  const word = (start: number, bytes: number) =>
    text.slice(start, start + bytes).reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
  const expected = [0, 8, 12, 14].reduce(
    (hash, start, index) => mix(hash, word(start, [8, 4, 2, 1][index]!)),
    0n,
  );
  t.is(fxHashString(text.slice(0, 15)), mix(expected, 0xffn));
  const within = new Uint8Array(40);
  within.set(text.slice(0, 15), 3);
  t.is(fxHashString(within.subarray(3, 18)), mix(expected, 0xffn));
});
