import { ByteOutput } from './byte-output.js';
import type { Terminal } from './terminal.js';

/** A terminal that shows nothing: whatever is printed or said is dropped, and there is no progress. */
export function silentTerminal(terminal: Terminal): Terminal {
  return {
    output: new ByteOutput({ write: () => Promise.resolve(true) }),
    outputIsTerminal: false,
    outputColumns: terminal.outputColumns,
    errorsAreTerminal: false,
    inputIsTerminal: terminal.inputIsTerminal,
    writeError: () => undefined,
    input: () => terminal.input(),
  };
}
