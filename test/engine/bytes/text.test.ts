import test from 'ava';
import fc from 'fast-check';
import {
  fromBase64,
  fromHex,
  fromUtf8,
  isUtf8,
  isWellFormed,
  toBase64,
  toHex,
  toUtf8,
} from '../../../src/engine/bytes/text/text.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { anyCharacter } from '../../support/any-text.js';

const anyBytes = fc.uint8Array({ maxLength: 40 });

test('bytes come back from hex, in either case, and from base64', (t) => {
  const property = fc.property(anyBytes, (bytes) => {
    t.deepEqual(fromHex(toHex(bytes)), bytes);
    t.deepEqual(fromHex(toHex(bytes).toUpperCase()), bytes);
    t.deepEqual(fromBase64(toBase64(bytes)), bytes);
  });
  fc.assert(property);
});

test('a part of a larger buffer is written as that part alone', (t) => {
  const part = Uint8Array.of(1, 2, 3, 4).subarray(1, 3);
  t.is(toHex(part), '0203');
  t.is(toBase64(part), 'AgM=');
});

for (const text of ['0', '0g', '0x00', ' 00', '00 ', '0 0 ', '٠٠']) {
  test(`hex: ${JSON.stringify(text)} is refused`, (t) => {
    t.is(fromHex(text), undefined);
  });
}

for (const text of ['A', 'AA', 'AAA', 'AB==', 'AAB=', 'AA==AA==', 'AA-_', 'A A=', 'AAA=\n', '====']) {
  test(`base64: ${JSON.stringify(text)} is refused`, (t) => {
    t.is(fromBase64(text), undefined);
  });
}

test('well-formed text comes back from UTF-8, a byte order mark included', (t) => {
  const property = fc.property(fc.string({ unit: anyCharacter }), (text) => {
    t.is(fromUtf8(toUtf8(text)), text);
  });
  fc.assert(property);
  t.is(fromUtf8(toUtf8('\ufeffa')), '\ufeffa');
});

test('bytes that are not UTF-8 have no text, and those that are come back from it', (t) => {
  const property = fc.property(anyBytes, (bytes) => {
    const text = fromUtf8(bytes);
    t.is(text !== undefined, isUtf8(bytes));
    if (text !== undefined) t.deepEqual(toUtf8(text), bytes);
  });
  fc.assert(property);
  for (const hex of ['ff', 'c080', 'eda080', 'f4908080', 'e282']) {
    t.is(fromUtf8(fromHex(hex)!), undefined, `bytes ${hex}`);
  }
});

test('half a surrogate pair has no UTF-8 form', (t) => {
  t.true(isWellFormed('\u{1F600}'));
  for (const text of ['\ud83d', 'a\ude00b']) {
    t.false(isWellFormed(text));
    const error = t.throws(() => toUtf8(text));
    t.true(isStatelogError(error, 'INVALID_ARGUMENT'));
  }
});
