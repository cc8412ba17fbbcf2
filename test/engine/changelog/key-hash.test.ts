import test from 'ava';
import fc from 'fast-check';
import { KeyHash } from '../../../src/engine/changelog/key-hash.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { referenceKeyHash } from './reference-key-hash.js';

const hasher = new KeyHash();

function hashOf(key: Uint8Array): bigint {
  hasher.hash(key);
  return hasher.toBigint();
}

/** Printed by a Rust program over rustc-hash 2.1.3, the version LaminarDB 0.18.3 resolves to. */
const textHashes: [string, bigint][] = [
  ['', 0xf456d26876d72d91n],
  ['a', 0xbd8e8067b4be2f50n],
  ['ab', 0x9de70eed801ef68en],
  ['abc', 0xe7cfbde76661213fn],
  ['abcd', 0x129d90d0160ec9can],
  ['abcdefg', 0x1bf077242562de43n],
  ['abcdefgh', 0x924748ab6aa9dfbdn],
  ['customer:00042', 0x6215907acabd29a5n],
  ['0123456789abcdef', 0xeb04fcd158cfbcfbn],
  ['0123456789abcdefg', 0x752564bee35afba3n],
  ['0123456789abcdef0123456789abcdef', 0xe3c5023381e71175n],
  ['0123456789abcdef0123456789abcdef0', 0xdffbb9aa90528a21n],
  ['the quick brown fox jumps over the lazy dog, and then over it again', 0x6ce30153d07ec200n],
];

/** The same, for a key of one byte repeated: [byte, length, hash]. */
const runHashes: [number, number, bigint][] = [
  [0x00, 1, 0x4b9d47c1631257a6n],
  [0xff, 1, 0xc621ba7d965afb2dn],
  [0x00, 3, 0x9d105d0f8a9c037dn],
  [0xff, 3, 0x1794cfcbbde4a705n],
  [0x00, 4, 0x973cfd04c5ea8540n],
  [0xff, 4, 0x6f78830400703c02n],
  [0x00, 8, 0xae8a7d2fd4b07e34n],
  [0xff, 8, 0x11909808c2c19a17n],
  [0x00, 16, 0x68be27f73689ced7n],
  [0xff, 16, 0xcbc442d0209aeab9n],
  [0x00, 17, 0x49e859a4516fc88cn],
  [0xff, 17, 0x64913b2985013169n],
  [0x00, 33, 0x4f35f829f89b2fa8n],
  [0xff, 33, 0x6b54329d4eb758ffn],
  [0x00, 100, 0x70d4764b368587a4n],
  [0xff, 100, 0x8fc5900030e623dan],
];

test('a key hashes as in the original', (t) => {
  for (const [text, hash] of textHashes) t.is(hashOf(toUtf8(text)), hash, `hash of '${text}'`);
  for (const [byte, length, hash] of runHashes) t.is(hashOf(new Uint8Array(length).fill(byte)), hash);
});

test('the reference in bigint hashes as the original too', (t) => {
  for (const [text, hash] of textHashes) t.is(referenceKeyHash(toUtf8(text)), hash, `hash of '${text}'`);
});

test('hashing on 32-bit halves gives what hashing on bigints gives', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200, size: 'max' }), (key) => {
      t.is(hashOf(key), referenceKeyHash(key));
    }),
    { numRuns: 2_000 },
  );
});

test('a part of a buffer hashes as that part alone', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80, size: 'max' }),
      fc.nat(80),
      fc.nat(80),
      (bytes, one, other) => {
        const start = Math.min(one, other, bytes.length);
        const end = Math.min(Math.max(one, other), bytes.length);
        hasher.hash(bytes, start, end);
        t.is(hasher.toBigint(), referenceKeyHash(bytes.slice(start, end)));
      },
    ),
  );
});
