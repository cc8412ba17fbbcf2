/** The module: one function, `run`, over an imported memory. */
export function batchSumCode(): Uint8Array;
