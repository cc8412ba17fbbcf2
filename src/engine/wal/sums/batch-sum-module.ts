import { buildCrcTables } from '../../bytes/crc/crc-slices.js';
import { HEADER, RECORD_BYTES_MIN, RECORD_HEADER_BYTES, RECORD_LENGTH_MIN } from '../format/record.js';
import { wasm, type WasmCode, wasmModule } from './wasm-code.js';

/** Longer records are left to native code, which is quicker from about here on. */
export const BATCH_LENGTH_MAX = 1024;
/** How many bytes of records are looked at together. */
export const BATCH_BYTES_MAX = 64 * 1024;

const CASTAGNOLI_REFLECTED = 0x82f63b78;
const PAGE_BYTES = 65_536;
const STEP_BYTES = 8;
const TABLE_BYTES = 256 * 4;
const LOW_BYTE_AS_ADDRESS = 0xff * 4;

const TABLES_AT = 0;
/** Where the records are put. */
export const RECORDS_AT = TABLES_AT + STEP_BYTES * TABLE_BYTES;
/** Where the checksums stand afterwards, four bytes each. */
export const SUMS_AT = RECORDS_AT + BATCH_BYTES_MAX;
const END_AT = SUMS_AT + 4 * Math.ceil(BATCH_BYTES_MAX / RECORD_BYTES_MIN);
const PAGES = Math.ceil(END_AT / PAGE_BYTES);

/** The function's parameters (`at`, `to`) and locals. A record is `data` to `end`; two are summed side by side. */
const [at, to, end, data, sum, word, end2, data2, sum2, word2, sums, stop] = Array.from(
  { length: 12 },
  (_, local) => local,
) as [number, number, number, number, number, number, number, number, number, number, number, number];
const LOCALS = 10;

const { binary, constant, get, load, loop, set, store, when } = wasm;
const add = (a: WasmCode, b: number): WasmCode => binary('add', a, constant(b));
const isLess = (a: number, b: number): WasmCode => binary('lessThan', get(a), get(b));

/** What one byte of a word, shifted to be an address, adds to the register. */
function lookUp(source: number, shift: number, table: number): WasmCode {
  const moved =
    shift < 0
      ? binary('shiftLeft', get(source), constant(-shift))
      : binary('shiftRight', get(source), constant(shift));
  const address = binary('and', moved, constant(LOW_BYTE_AS_ADDRESS));
  return load(address, TABLES_AT + table * TABLE_BYTES);
}

/** Takes eight bytes at `from` into `register`, by slices. */
function step(from: number, register: number, next: number): WasmCode {
  const shifts = [-2, 6, 14, 22];
  const lookUps = [
    ...shifts.map((shift, index) => lookUp(register, shift, 7 - index)),
    ...shifts.map((shift, index) => lookUp(next, shift, 3 - index)),
  ];
  return [
    ...set(register, binary('xor', get(register), load(get(from)))),
    ...set(next, load(get(from), 4)),
    ...set(
      register,
      lookUps.reduce((a, b) => binary('xor', a, b)),
    ),
    ...set(from, add(get(from), STEP_BYTES)),
  ];
}

/** Takes what is left of a record. */
function finish(from: number, until: number, register: number, next: number): WasmCode {
  const more = isLess(from, until);
  return when(more, loop([...step(from, register, next), ...wasm.againIf(more)]));
}

function storeSum(register: number): WasmCode {
  return [...store(get(sums), binary('xor', get(register), constant(-1))), ...set(sums, add(get(sums), 4))];
}

/** Sets up a record that starts at `header`: its data, its end, an empty register. Else does `otherwise`. */
function enter(
  header: number,
  record: { readonly data: number; readonly end: number; readonly sum: number },
  otherwise: WasmCode,
): WasmCode {
  const length = load(get(header), HEADER.length);
  const isBad = binary(
    'greaterThan',
    add(length, -RECORD_LENGTH_MIN),
    constant(BATCH_LENGTH_MAX - RECORD_LENGTH_MIN),
  );
  const isOdd = binary('and', length, constant(STEP_BYTES - 1));
  return [
    ...set(record.data, add(get(header), RECORD_HEADER_BYTES)),
    ...when(isLess(to, record.data), otherwise),
    ...when(isBad, otherwise),
    ...when(isOdd, otherwise),
    ...set(record.end, binary('add', get(record.data), length)),
    ...when(isLess(to, record.end), otherwise),
    ...set(record.sum, constant(-1)),
  ];
}

/** Sums one record by itself, and gives back where the sums end. */
const last = (): WasmCode => [...finish(data, end, sum, word), ...storeSum(sum), ...wasm.giveBack(get(sums))];

const both = (): WasmCode => [
  // Side by side as far as the shorter one goes: the processor works on both at once.
  ...set(stop, get(end)),
  ...when(
    binary('lessThan', load(get(end), HEADER.length), load(get(at), HEADER.length)),
    set(stop, binary('add', get(data), load(get(end), HEADER.length))),
  ),
  ...loop([...step(data, sum, word), ...step(data2, sum2, word2), ...wasm.againIf(isLess(data, stop))]),
  ...finish(data, end, sum, word),
  ...finish(data2, end2, sum2, word2),
  ...storeSum(sum),
  ...storeSum(sum2),
];

/** Written when it is compiled, not when this file is loaded: most runs never need it. */
const body = (): WasmCode => [
  ...set(sums, constant(SUMS_AT)),
  ...loop([
    ...enter(at, { data, end, sum }, wasm.giveBack(get(sums))),
    ...enter(end, { data: data2, end: end2, sum: sum2 }, last()),
    ...both(),
    ...set(at, get(end2)),
    ...wasm.again(0),
  ]),
  ...get(sums),
];

/** What is used of the global of this name, which only TypeScript's library for browsers describes. */
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
  const code = wasmModule(2, LOCALS, body(), PAGES);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { memory: { memory } });
  const bytes = new Uint8Array(memory.buffer);
  new Int32Array(memory.buffer, TABLES_AT).set(
    buildCrcTables(CASTAGNOLI_REFLECTED).subarray(0, STEP_BYTES * 256),
  );
  const sumsOf = new Uint32Array(memory.buffer, SUMS_AT, (END_AT - SUMS_AT) / 4);
  return { bytes, sums: sumsOf, run: instance.exports['run'] as BatchSumInstance['run'] };
}
