import { buildCrcTables } from '../../bytes/crc/crc-slices.js';
import { CASTAGNOLI } from '../../bytes/crc/polynomial.js';
import { BATCH_SUM_CODE } from './batch-sum-code.js';
import { END_AT, PAGES, STEP_BYTES, SUMS_AT, TABLES_AT } from './batch-sum-layout.js';

/** The used part of the global of this name, which only TypeScript's library for browsers describes. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => {
    readonly exports: Readonly<Record<string, unknown>>;
  };
};

/** The module's memory, and its function. */
export interface BatchSumInstance {
  readonly bytes: Uint8Array;
  /** The checksums of the records that `run` has summed. */
  readonly sums: Uint32Array;
  /**
   * Computes the crc32c of each whole record from `from` on, until one ends past `to`, has a length
   * that no record has, or is longer than `BATCH_LENGTH_MAX`.
   * @returns where the checksums end: four bytes a record, from `SUMS_AT` on
   */
  run(from: number, to: number): number;
}

/** Compiles the module: about a millisecond. */
export function createBatchSum(): BatchSumInstance {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const code = Buffer.from(BATCH_SUM_CODE, 'base64');
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { memory: { memory } });
  const bytes = new Uint8Array(memory.buffer);
  new Int32Array(memory.buffer, TABLES_AT).set(buildCrcTables(CASTAGNOLI).subarray(0, STEP_BYTES * 256));
  const sumsOf = new Uint32Array(memory.buffer, SUMS_AT, (END_AT - SUMS_AT) / 4);
  return { bytes, sums: sumsOf, run: instance.exports['run'] as BatchSumInstance['run'] };
}
