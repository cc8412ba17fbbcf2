import { StatelogError } from '../../engine/errors.js';
import { byteInput } from '../terminal/byte-input.js';
import type { Terminal } from '../terminal/terminal.js';

/** No store holds a longer value: a record has at most 256 MiB. */
const INPUT_BYTES_MAX = 256 * 1024 * 1024;

/**
 * All of a file, or of standard input for `-`, as one value.
 * @throws StatelogError `LIMIT_EXCEEDED` for more than any store holds, as soon as that is known
 */
export async function readValue(file: string, terminal: Terminal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of byteInput(file, terminal)) {
    bytes += chunk.length;
    if (bytes > INPUT_BYTES_MAX) {
      throw new StatelogError('LIMIT_EXCEEDED', 'the value is longer than any store holds', {
        path: file,
        expected: `at most ${INPUT_BYTES_MAX} bytes`,
        safe: 'nothing was written',
      });
    }
    chunks.push(chunk.slice());
  }
  return Buffer.concat(chunks, bytes);
}
