import test from 'ava';
import { blake3Hex, createBlake3 } from '../../../src/engine/bytes/hash/blake3.js';
import { encodeWalEntry } from '../../support/wal-entry-bytes.js';
import { archive, referenceCommit, referenceEntries } from './reference-content.js';

// The digests below were computed with rkyv 0.8.18 itself, from the same content; the names of a
// Commit were given to it in ascending order.

test('the maps of 0 to 2,000 entries are byte for byte what the original writes', (t) => {
  const entries = referenceEntries(2000);
  const hash = createBlake3();
  for (let count = 0; count <= entries.length; count++) hash.update(archive(entries.slice(0, count)));
  t.is(hash.digestHex(), 'ab826bb9dbb50e99924a38740e5e1d0965ff5dd696dc4ef8c3ca290dca6dce11');
});

const LARGE_MAPS: readonly (readonly [number, string])[] = [
  [7_775, 'f28a193bdda8fc0066712ac8dce0d44f058ab9cbcfd5c97c429e54504c34f79b'],
  [7_776, '94f10b05ff2436b3ccec622c34263bcfcd3cfcda78492d87fd2bfa68f8c83190'],
  [46_655, '8e9aff72231fd4daaa4b48443159c95f445106c819ece1cfc27ad795bb46e6f4'],
  [46_656, 'acc7a077cb00a80e32bd27796d631ac7631006309482306bf9db748c59f3462a'],
  [100_000, '60e5193605a587e678ad546ae3dbcc79e004b1a7cb81a66e5ceaf5863f551e45'],
];

for (const [count, digest] of LARGE_MAPS) {
  test(`the map of ${count} entries is byte for byte what the original writes`, (t) => {
    t.is(blake3Hex(archive(referenceEntries(count))), digest);
  });
}

test('the Commits of 0 to 600 names are byte for byte what the original writes for that order', (t) => {
  const hash = createBlake3();
  for (let count = 0; count <= 600; count++) hash.update(encodeWalEntry(referenceCommit(count)));
  t.is(hash.digestHex(), '02e41a5f80a9dae104ca8f96248da446bf59436eb96856a64eb581dd31c7b1cb');
});

test('the Commit of 5,000 names is byte for byte what the original writes for that order', (t) => {
  const digest = '6303c523f714ac869d6f3aec8079026e9752f397334f0bb7b340d33545a23868';
  t.is(blake3Hex(encodeWalEntry(referenceCommit(5000))), digest);
});
