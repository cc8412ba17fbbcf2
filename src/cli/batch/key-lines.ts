import { type BatchFormat, parseKeyLine } from './batch-line.js';
import { withoutByteOrderMark } from './byte-order-mark.js';
import { LineSplitter } from './line-splitter.js';

/**
 * The keys that the lines of a batch name, those of a chunk at a time; valid until the next ones are asked for.
 * @throws StatelogError `INVALID_LINE`, once the keys before it were taken
 */
export async function* keysOfBatch(
  chunks: AsyncIterable<Uint8Array>,
  format: Pick<BatchFormat, 'tsv' | 'encodings'>,
): AsyncGenerator<readonly Uint8Array[], void> {
  const splitter = new LineSplitter();
  const keyOf = (line: Uint8Array): Uint8Array | undefined => {
    const number = splitter.lines;
    return parseKeyLine(number === 1 ? withoutByteOrderMark(line) : line, number, format);
  };
  for await (const chunk of chunks) {
    splitter.push(chunk);
    const keys: Uint8Array[] = [];
    try {
      for (let line = splitter.next(); line !== undefined; line = splitter.next()) {
        const key = keyOf(line);
        if (key !== undefined) keys.push(key);
      }
    } finally {
      if (keys.length > 0) yield keys;
    }
  }
  const last = splitter.end();
  const key = last === undefined ? undefined : keyOf(last);
  if (key !== undefined) yield [key];
}
