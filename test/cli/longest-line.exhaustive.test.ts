import test from 'ava';
import { parseBatchLine } from '../../src/cli/batch/batch-line.js';

/* A line of half a gigabyte, which V8 can make no string of. */

test('a line may be longer than any string', (t) => {
  const value = Buffer.alloc(90 * 1024 * 1024, 1);
  const escapes = Buffer.alloc(value.length * 6, '\\u0001');
  const line = Buffer.concat([Buffer.from('{"key":"k","value":"'), escapes, Buffer.from('"}')]);
  t.throws(() => line.toString(), { code: 'ERR_STRING_TOO_LONG' });
  const format = { encodings: { key: 'utf8', value: 'utf8' }, tsv: false, command: 'put' } as const;
  const operation = parseBatchLine(line, 7, format) as { readonly value: Uint8Array };
  t.true(value.equals(operation.value));
});
