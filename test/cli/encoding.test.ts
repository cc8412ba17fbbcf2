import test from 'ava';
import fc from 'fast-check';
import { ENCODINGS, decodeArgument, decodeText, encodeText } from '../../src/cli/values/encoding.js';

test('bytes that were encoded are decoded to the same bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom(...ENCODINGS), (bytes, encoding) => {
      const text = encodeText(bytes, encoding);
      if (text === undefined) t.is(encoding, 'utf8');
      else t.deepEqual(decodeText(text, encoding), bytes);
    }),
  );
});

test('text that is not of its encoding is refused', (t) => {
  t.is(decodeText('abc', 'hex'), undefined);
  t.is(decodeText('zz', 'hex'), undefined);
  t.is(decodeText('YQ', 'base64'), undefined);
  t.is(decodeText('\ud800', 'utf8'), undefined);
});

test('an argument that was not UTF-8 is refused, and the flag that helps is named', (t) => {
  const error = t.throws(() => decodeArgument('a\ufffdb', 'utf8', 'KEY', '--key-encoding'), {
    message: 'KEY is not UTF-8',
  });
  t.like(error, { code: 'INVALID_ARGUMENT' });
  t.regex(
    (error as { details?: { hint?: string } }).details?.hint ?? '',
    /--key-encoding hex or --encoding hex/,
  );
});

test('an argument in hex may stand for any bytes', (t) => {
  t.deepEqual(decodeArgument('00fF', 'hex', 'KEY', '--key-encoding'), Uint8Array.of(0, 255));
  t.throws(() => decodeArgument('0', 'hex', '--prefix', '--key-encoding'), {
    message: '--prefix is not hex',
  });
});
