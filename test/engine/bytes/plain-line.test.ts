import test from 'ava';
import fc from 'fast-check';
import { parseJsonLine } from '../../../src/engine/bytes/text/json-line.js';
import { plainEntry, plainRequest } from '../../../src/engine/bytes/text/plain-line.js';

function textsOf(line: Uint8Array, start?: number, end?: number): { key: string; value: string } | undefined {
  const entry = plainEntry(line, start, end);
  return entry && { key: Buffer.from(entry.key).toString(), value: Buffer.from(entry.value).toString() };
}

const plainText = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((text) => text.replaceAll(/["\\\p{Cc}]/gu, ''));

test('a line without escapes has its key and value where they lie, wherever it lies', (t) => {
  fc.assert(
    fc.property(plainText, plainText, fc.string(), fc.string(), (key, value, before, after) => {
      const line = Buffer.from(JSON.stringify({ key, value }));
      const within = Buffer.concat([Buffer.from(before), line, Buffer.from(after)]);
      const start = Buffer.byteLength(before);
      t.deepEqual(textsOf(line), { key, value });
      t.deepEqual(textsOf(within, start, start + line.length), { key, value });
    }),
  );
});

test('what a line is taken for without its parser is what the parser makes of it, and any other is left to it', (t) => {
  const piece = fc.constantFrom(
    ...['{"key":"', '","value":"', '"}', '"', '\\', '\\n', ',', ':', ' ', '}', '\n', '\u0001', '\u007f'],
    ...['a', 'é', '\u{1f600}', '","version":"00', '"key":"b",', 'Base64'],
  );
  const bytes = fc.oneof(
    piece.map((text) => Buffer.from(text)),
    fc.uint8Array({ minLength: 1, maxLength: 2 }),
  );
  const line = fc
    .tuple(
      fc.array(bytes, { maxLength: 4 }),
      fc.array(bytes, { maxLength: 4 }),
      fc.array(bytes, { maxLength: 1 }),
    )
    .map(([key, value, after]) =>
      Buffer.concat([
        Buffer.from('{"key":"'),
        ...key,
        Buffer.from('","value":"'),
        ...value,
        Buffer.from('"}'),
        ...after,
      ]),
    );
  let found = 0;
  fc.assert(
    fc.property(line, (given) => {
      const entry = textsOf(given);
      if (entry === undefined) return;
      found += 1;
      t.deepEqual({ ...parseJsonLine(given) }, entry);
    }),
    { numRuns: 5000 },
  );
  t.true(found > 100);
});

test('a line that is cut, or has a field more, is left to the parser', (t) => {
  for (const text of [
    '',
    '{',
    '{"key":"',
    '{"key":"k"}',
    '{"key":"k","value":"',
    '{"key":"k","value":"}',
    '{"key":"k","value":"v"} ',
  ])
    t.is(plainEntry(Buffer.from(text)), undefined, text);
  t.is(plainEntry(Buffer.from('{"key":"k","value":"v","revision":1}')), undefined);
  t.is(plainEntry(Buffer.from('{"value":"v","key":"k"}')), undefined);
  t.is(plainEntry(Buffer.from('{"key":"k","value":"\xff"}', 'latin1')), undefined);
});

test('a plain request has its key and value where they lie', (t) => {
  fc.assert(
    fc.property(plainText, plainText, (key, value) => {
      for (const request of [
        { op: 'get', key },
        { op: 'put', key, value },
      ])
        t.deepEqual(requestOf(Buffer.from(JSON.stringify(request))), request);
    }),
  );
});

test('what a request is taken for without its parser is what the parser makes of it', (t) => {
  const before = fc.constantFrom(
    '{"op":"get","key":"',
    '{"op":"put","key":"',
    '{"op":"put","key":"k","value":"',
    '{"op":"delete","key":"',
  );
  const piece = fc.constantFrom(
    ...[
      '","value":"',
      '"}',
      '"',
      '\\',
      '}',
      '\n',
      'get',
      'a',
      'é',
      '\xff',
      '","id":1',
      '","ifAbsent":true,"',
    ],
  );
  const line = fc
    .tuple(before, fc.array(piece, { maxLength: 3 }), fc.constantFrom('"}', '"}', '', '"}}'))
    .map(([start, pieces, end]) =>
      Buffer.from(start + pieces.join('') + end, pieces.includes('\xff') ? 'latin1' : 'utf8'),
    );
  let found = 0;
  fc.assert(
    fc.property(line, (given) => {
      const request = requestOf(given);
      if (request === undefined) return;
      found += 1;
      t.deepEqual({ ...parseJsonLine(given) }, request);
    }),
    { numRuns: 5000 },
  );
  t.true(found > 100);
});

function requestOf(line: Uint8Array): object | undefined {
  const request = plainRequest(line);
  if (request === undefined) return undefined;
  const key = Buffer.from(request.key).toString();
  if (request.value === undefined) return { op: 'get', key };
  return { op: 'put', key, value: Buffer.from(request.value).toString() };
}
