import test from 'ava';
import fc from 'fast-check';
import { ByteOutput } from '../../src/cli/terminal/byte-output.js';
import { readField, writeField } from '../../src/cli/text/field-escapes.js';
import { writeJsonText } from '../../src/cli/text/json-text.js';
import { visibleJson } from '../../src/cli/terminal/shown/unseen-characters.js';
import { anyCharacter } from '../support/any-text.js';

async function written(write: (output: ByteOutput) => void): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const output = new ByteOutput({
    write: (piece) => {
      pieces.push(piece);
      return Promise.resolve(true);
    },
  });
  write(output);
  await output.flush();
  return Buffer.concat(pieces);
}

const anyBytes = fc.oneof(
  fc.uint8Array(),
  fc.string({ unit: anyCharacter }).map((text) => Uint8Array.from(Buffer.from(text))),
  fc
    .array(fc.constantFrom(9, 10, 13, 92, 0, 127, 110, 120, 48, 0xc3, 0xa9))
    .map((bytes) => Uint8Array.from(bytes)),
);

test('any bytes stand in a field and are read back the same', async (t) => {
  await fc.assert(
    fc.asyncProperty(anyBytes, async (bytes) => {
      const field = await written((output) => {
        writeField(output, bytes);
      });
      t.deepEqual(Buffer.from(readField(field)!), Buffer.from(bytes));
    }),
  );
});

test('a field holds no control bytes and is UTF-8', async (t) => {
  await fc.assert(
    fc.asyncProperty(anyBytes, async (bytes) => {
      const field = await written((output) => {
        writeField(output, bytes);
      });
      t.false(field.some((byte) => byte < 0x20 || byte === 0x7f));
      t.is(Buffer.from(field.toString('utf8'), 'utf8').compare(field), 0);
    }),
  );
});

test('tab, line ends, backslash and other control bytes are escaped, and text stays as it is', async (t) => {
  const field = await written((output) => {
    writeField(output, Buffer.from('a\tb\nc\rd\\e\0f\x1b\x7fé'));
  });
  t.is(field.toString(), 'a\\tb\\nc\\rd\\\\e\\x00f\\x1b\\x7fé');
  const binary = await written((output) => {
    writeField(output, Uint8Array.of(0x61, 0xff, 0xc3));
  });
  t.is(binary.toString(), 'a\\xff\\xc3');
});

test('an unknown or unfinished escape is refused, and so is a carriage return at the end', (t) => {
  for (const field of ['\\', 'a\\', '\\q', '\\x', '\\x1', '\\xg0', 'value\r']) {
    t.is(readField(Buffer.from(field)), undefined, field);
  }
  t.deepEqual(readField(Buffer.from('\\x4A\\x4a')), Uint8Array.of(0x4a, 0x4a));
  t.deepEqual(Buffer.from(readField(Buffer.from('a\rb'))!), Buffer.from('a\rb'));
});

test('UTF-8 bytes become the JSON string that JSON.stringify makes of their text', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: anyCharacter }), async (text) => {
      const json = await written((output) => {
        writeJsonText(output, Buffer.from(text, 'utf8'));
      });
      t.is(json.toString('utf8'), JSON.stringify(text));
    }),
  );
});

test('a field holds nothing that shows nothing and changes what is shown, and no byte order mark at its start', async (t) => {
  const unseen = [
    '\u007f',
    '\u0080',
    '\u009b',
    '\u009f',
    '\u061c',
    '\u200e',
    '\u2028',
    '\u2029',
    '\u202e',
    '\u2066',
    '\u2069',
  ];
  for (const character of unseen) {
    const bytes = Buffer.from(`a${character}b`);
    const field = await written((output) => {
      writeField(output, bytes);
    });
    t.regex(field.toString('latin1'), /^a(\\x[0-9a-f]{2})+b$/, JSON.stringify(character));
    t.deepEqual(Buffer.from(readField(field)!), bytes);
  }
  for (const text of ['\u00a0', '\u00e9', '\u2010', '\u2030', '\u206a', '\u4e2d', '\u{1f600}', 'x\ufeff']) {
    const field = await written((output) => {
      writeField(output, Buffer.from(text));
    });
    t.is(field.toString(), text, 'all else stands for itself');
  }
  const mark = await written((output) => {
    writeField(output, Buffer.from('\ufeffkey'));
  });
  t.is(mark.toString(), '\\xef\\xbb\\xbfkey');
});

test('JSON that a terminal is shown says the same without what shows nothing', (t) => {
  const texts = [
    '',
    'plain',
    'é中😀',
    'a\u007fb',
    '\u009b31m',
    'x\u202ey\u2066z',
    '\u2028\u2029',
    '\u061c\u0600',
  ];
  for (const text of texts) {
    const json = Buffer.from(JSON.stringify({ text }));
    const shown = Buffer.from(visibleJson(json)).toString();
    t.deepEqual(JSON.parse(shown), { text });
    t.notRegex(shown, /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
  }
});
