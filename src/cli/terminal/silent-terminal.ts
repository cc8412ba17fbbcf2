import { ByteOutput } from './byte-output.js';
import type { Terminal } from './terminal.js';

/** A terminal that shows nothing but errors: whatever is printed is dropped, and there is no progress. */
export function silentTerminal(terminal: Terminal): Terminal {
  return {
    output: new ByteOutput({ write: () => Promise.resolve(true) }),
    outputIsTerminal: false,
    outputColumns: terminal.outputColumns,
    errorsAreTerminal: false,
    inputIsTerminal: terminal.inputIsTerminal,
    writeError: (text) => {
      terminal.writeError(text);
    },
    input: () => terminal.input(),
  };
}
