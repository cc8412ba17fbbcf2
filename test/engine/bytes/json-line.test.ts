import test from 'ava';
import fc from 'fast-check';
import {
  JsonLineParts,
  LongText,
  parseJsonLine,
  type JsonFields,
} from '../../../src/engine/bytes/text/json-line.js';
import { JsonLines } from '../../../src/engine/bytes/text/json-lines.js';
import { anyCharacter } from '../../support/any-text.js';

/** A line in parts that are cut at the given places. */
function inParts(line: Uint8Array, cuts: readonly number[]): JsonFields | undefined {
  const parts = new JsonLineParts();
  const places = [...new Set(cuts.map((cut) => cut % (line.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const place of [...places, line.length]) {
    parts.take(line.slice(from, place));
    from = place;
  }
  return parts.end();
}

function readable(fields: JsonFields | undefined): unknown {
  if (fields === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof LongText ? Buffer.from(value.takeUtf8()!).toString() : value,
    ]),
  );
}

test('a line that comes in parts is what JSON makes of the whole', (t) => {
  const value = fc.oneof(fc.string({ unit: anyCharacter }), fc.integer(), fc.constant(null));
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme' }), value),
      fc.array(fc.nat({ max: 500 })),
      fc.boolean(),
      (object, cuts, isEscaped) => {
        const json = JSON.stringify(object);
        const text = isEscaped
          ? json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : json;
        const whole: unknown = JSON.parse(text);
        t.deepEqual(readable(inParts(Buffer.from(text), cuts)), { ...(whole as object) });
      },
    ),
  );
});

test('bytes that are no JSON object are none in parts either', (t) => {
  const alphabet = fc.constantFrom(...'{}[]":,\\u0dDa8 1\n\x01é'.split(''));
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 24 }), fc.array(fc.nat({ max: 30 })), (characters, cuts) => {
      const line = Buffer.from(`{"a":"${characters.join('')}"}`);
      const whole = parseJsonLine(line);
      const parts = inParts(line, cuts);
      // Half a character is one thing to JSON, and nothing to UTF-8.
      const hasHalf = whole !== undefined && !JSON.stringify(Object.entries(whole)).isWellFormed();
      const isHalf = Object.values(whole ?? {}).some(
        (value) => typeof value === 'string' && !value.isWellFormed(),
      );
      if (!hasHalf && !isHalf) t.deepEqual(readable(parts), whole === undefined ? undefined : { ...whole });
      else t.is(parts, undefined);
    }),
    { numRuns: 2000 },
  );
});

for (const [what, value] of [
  ['text', 'é'.repeat(100_000)],
  ['control characters', '\u0001'.repeat(100_000)],
  ['quotes and backslashes', '"\\'.repeat(100_000)],
  ['characters of two escapes', '\u{1f600}'.repeat(50_000)],
] as const) {
  test(`a long string stays as bytes: ${what}`, (t) => {
    const line = Buffer.from(JSON.stringify({ key: 'k', value }));
    const fields = inParts(line, [7, 70_000, 70_001, 200_000, 200_003])!;
    t.is(fields['key'], 'k');
    t.true(fields['value'] instanceof LongText);
    t.is(Buffer.from((fields['value'] as LongText).takeUtf8()!).toString(), value);
  });
}

test('a long string is decoded from base64 and hex piece by piece, and refused where it is neither', (t) => {
  const bytes = Uint8Array.from({ length: 1_200_003 }, (_, at) => (at * 7919) >> 3);
  const textOf = (value: string): LongText =>
    inParts(Buffer.from(JSON.stringify({ value })), [9, 1_000_000])!['value'] as LongText;
  const base64 = Buffer.from(bytes).toString('base64');
  const hex = Buffer.from(bytes).toString('hex');
  t.true(Buffer.from(bytes).equals(textOf(base64).takeBase64()!));
  t.true(Buffer.from(bytes).equals(textOf(hex).takeHex()!));
  for (const at of [0, 1_048_576 + 5, base64.length - 5]) {
    t.is(textOf(`${base64.slice(0, at)}!${base64.slice(at + 1)}`).takeBase64(), undefined);
    t.is(textOf(`${base64.slice(0, at)}=${base64.slice(at + 1)}`).takeBase64(), undefined);
    t.is(textOf(`${hex.slice(0, at)}g${hex.slice(at + 1)}`).takeHex(), undefined);
  }
  const padded = `${base64.slice(0, 1_048_574)}==${base64.slice(1_048_576)}`;
  t.is(textOf(padded).takeBase64(), undefined);
  t.is(textOf(base64.slice(1)).takeBase64(), undefined);
});

test('a string cannot pass for another that is kept apart', (t) => {
  const line = Buffer.from(`{"a":"\\u0000long:0","b":"${'x'.repeat(70_000)}"}`);
  t.is(inParts(line, [3]), undefined);
});

test('lines are numbered, whatever chunks they come in', (t) => {
  const text = '{"a":1}\n\nno\n{"b":"c"}\n{"cut":';
  for (let size = 1; size <= text.length; size++) {
    const lines = new JsonLines();
    const found: unknown[] = [];
    for (let at = 0; at < text.length; at += size) {
      lines.push(Buffer.from(text.slice(at, at + size)));
      for (let line = lines.next(); line !== undefined; line = lines.next()) {
        const { number, start, length } = line;
        found.push({ number, fields: line.fields(), start, length });
      }
    }
    t.deepEqual(found, [
      { number: 1, fields: { a: 1 }, start: 0, length: 7 },
      { number: 2, fields: undefined, start: 8, length: 0 },
      { number: 3, fields: undefined, start: 9, length: 2 },
      { number: 4, fields: { b: 'c' }, start: 12, length: 9 },
    ]);
    t.true(lines.isWithinLine);
  }
});
