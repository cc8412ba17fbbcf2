import test from 'ava';
import fc from 'fast-check';
import { ByteOutput } from '../../src/cli/terminal/byte-output.js';

/** A sink that keeps what it gets, and goes away when it has had enough. */
function keepingSink(bytesMax = Infinity) {
  const pieces: Buffer[] = [];
  return {
    bytes: () => Buffer.concat(pieces),
    writes: () => pieces.length,
    write: (piece: Uint8Array) => {
      pieces.push(Buffer.from(piece));
      return Promise.resolve(Buffer.concat(pieces).length < bytesMax);
    },
  };
}

test('what is written in any pieces comes out whole and in order', async (t) => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: 'grapheme', maxLength: 100 }),
    fc.integer({ min: 0, max: 255 }),
    fc.integer({ min: 65_530, max: 140_000 }).map((length) => new Uint8Array(length).fill(length & 255)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 30 }), async (pieces) => {
      const sink = keepingSink();
      const output = new ByteOutput(sink);
      const expected: Buffer[] = [];
      for (const [bytes, flushes] of pieces) {
        if (typeof bytes === 'number') output.writeByte(bytes);
        else if (typeof bytes === 'string') output.writeText(bytes);
        else output.write(bytes);
        expected.push(typeof bytes === 'number' ? Buffer.of(bytes) : Buffer.from(bytes as string));
        if (flushes) t.true(await output.flush());
      }
      await output.flush();
      t.true(sink.bytes().equals(Buffer.concat(expected)));
    }),
  );
});

test('ranges and numbers come out in order wherever a buffer ends, and bytes that were taken do not change', async (t) => {
  const sink = keepingSink();
  const output = new ByteOutput(sink);
  const bytes = Buffer.from('0123456789');
  let expected = '';
  for (let count = 0; count < 20_000; count++) {
    output.write(bytes, 2, 7);
    output.writeNumber(count);
    output.writeU64(0xffff_ffff, 0xffff_ffff);
    output.writeI64(0, 0x8000_0000);
    expected += `23456${count}18446744073709551615-9223372036854775808`;
    if (count % 3 === 0 && output.isFull) await output.flush();
  }
  await output.flush();
  t.true(sink.bytes().toString() === expected);
});

test('small writes are gathered into few large ones', async (t) => {
  const sink = keepingSink();
  const output = new ByteOutput(sink);
  for (let count = 0; count < 100_000; count++) {
    output.writeText('0123456789');
    if (output.isFull) await output.flush();
  }
  await output.flush();
  t.is(sink.bytes().length, 1_000_000);
  t.true(sink.writes() <= 21, `${sink.writes()} writes`);
});

test('nothing is handed on before a flush, and one flush hands on everything', async (t) => {
  const sink = keepingSink();
  const output = new ByteOutput(sink);
  output.writeText('a');
  t.is(sink.writes(), 0);
  t.true(await output.flush());
  t.is(sink.bytes().toString(), 'a');
  t.true(await output.flush());
  t.is(sink.writes(), 1);
});

test('once the reader has gone, flush says so and nothing more is kept', async (t) => {
  const sink = keepingSink(1);
  const output = new ByteOutput(sink);
  output.writeText('a');
  t.false(await output.flush());
  t.true(output.isClosed);
  output.write(new Uint8Array(200_000));
  t.false(await output.flush());
  t.is(sink.writes(), 1);
});

test('an error of the sink reaches who flushes', async (t) => {
  const output = new ByteOutput({ write: () => Promise.reject(new Error('full')) });
  output.writeText('a');
  await t.throwsAsync(output.flush(), { message: 'full' });
});

test('a flush that waits for a reader who takes nothing ends once that reader is given up', async (t) => {
  const output = new ByteOutput({ write: () => new Promise(() => undefined) });
  output.writeText('never taken');
  const waiting = output.flush();
  output.abandon();
  t.false(await waiting);
  output.writeText('dropped');
  t.false(await output.flush());
});
