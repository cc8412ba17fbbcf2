import { STANDARD_INPUT_NAME } from '../../engine/bytes/text/command-hints.js';
import type { Terminal } from './terminal.js';

const WAITING = 'statelog: reading from the terminal; Ctrl-D at the start of a line ends it\n';

/**
 * The bytes of a file, or of standard input for `-`, chunk by chunk. Also reads FIFOs and what
 * a shell's `<(…)` gives.
 * @throws StatelogError `NOT_FOUND`, `PERMISSION_DENIED`, `NOT_A_FILE`, `IO_FAILED`
 */
export async function* byteInput(path: string, terminal: Terminal): AsyncGenerator<Uint8Array, void> {
  if (path === STANDARD_INPUT_NAME) {
    // Who forgot to give anything would wait for a program that waits for them.
    if (terminal.inputIsTerminal) terminal.writeError(WAITING);
    yield* terminal.input();
    return;
  }
  const { readByteStream } = await import('../../engine/storage-io/real/byte-streams.js');
  yield* readByteStream(path);
}
