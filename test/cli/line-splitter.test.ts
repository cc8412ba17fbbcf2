import test from 'ava';
import fc from 'fast-check';
import { LineSplitter } from '../../src/cli/batch/line-splitter.js';

function linesOf(chunks: readonly Uint8Array[], splitter = new LineSplitter()): string[] {
  const lines: string[] = [];
  for (const chunk of chunks) {
    splitter.push(chunk);
    for (let line = splitter.next(); line !== undefined; line = splitter.next()) {
      lines.push(Buffer.from(line).toString('latin1'));
    }
  }
  const last = splitter.end();
  if (last !== undefined) lines.push(Buffer.from(last).toString('latin1'));
  return lines;
}

test('lines are the same however the input is cut into chunks', (t) => {
  const byte = fc.constantFrom(10, 10, 13, 0, 97, 255);
  fc.assert(
    fc.property(
      fc.array(
        fc
          .uint8Array({ maxLength: 20 })
          .chain((a) => fc.array(byte, { maxLength: 20 }).map((b) => Uint8Array.from([...a, ...b]))),
      ),
      (chunks) => {
        const whole = Buffer.concat(chunks).toString('latin1');
        const expected = whole.split('\n');
        if (expected.at(-1) === '') expected.pop();
        const splitter = new LineSplitter();
        t.deepEqual(linesOf(chunks, splitter), expected);
        t.is(splitter.lines, expected.length);
      },
    ),
  );
});

test('a line of many chunks is put together once', (t) => {
  const chunks = Array.from({ length: 50 }, () => new Uint8Array(10_000).fill(98));
  t.deepEqual(linesOf([...chunks, Uint8Array.of(10, 99)]), ['b'.repeat(500_000), 'c']);
});

test('a line over the limit is refused with its number, in one chunk or in many', (t) => {
  const good = Buffer.from('1234\n');
  const bad = Buffer.from('12345\n');
  for (const chunks of [
    [good, bad],
    [good, bad.subarray(0, 3), bad.subarray(3)],
    [Buffer.concat([good, bad])],
  ]) {
    const error = t.throws(() => linesOf(chunks, new LineSplitter(4)), {
      message: 'line 2 is longer than 4 bytes',
    });
    t.like(error, { code: 'INVALID_LINE', details: { line: 2 } });
  }
});
