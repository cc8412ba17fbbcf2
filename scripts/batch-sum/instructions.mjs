// The WebAssembly that src/engine/wal/sums/batch-sum-code.ts holds, put together from its instructions. It imports
// the layout from the source, so it runs under tsx.
import { HEADER, RECORD_HEADER_BYTES, RECORD_LENGTH_MIN } from '../../src/engine/wal/format/record.ts';
import {
  BATCH_LENGTH_MAX,
  PAGES,
  STEP_BYTES,
  SUMS_AT,
  TABLE_BYTES,
  TABLES_AT,
} from '../../src/engine/wal/sums/batch-sum-layout.ts';
import { wasm, wasmModule } from './wasm-code.mjs';

const LOW_BYTE_AS_ADDRESS = 0xff * 4;

/** The function's parameters (`at`, `to`) and locals. A record is `data` to `end`; two are summed side by side. */
const [at, to, end, data, sum, word, end2, data2, sum2, word2, sums, stop] = Array.from(
  { length: 12 },
  (_, local) => local,
);
const LOCALS = 10;

const { binary, constant, get, load, loop, set, store, when } = wasm;
const add = (a, b) => binary('add', a, constant(b));
const isLess = (a, b) => binary('lessThan', get(a), get(b));

/** What one byte of a word, shifted to be an address, adds to the register. */
function lookUp(source, shift, table) {
  const moved =
    shift < 0
      ? binary('shiftLeft', get(source), constant(-shift))
      : binary('shiftRight', get(source), constant(shift));
  const address = binary('and', moved, constant(LOW_BYTE_AS_ADDRESS));
  return load(address, TABLES_AT + table * TABLE_BYTES);
}

/** Takes eight bytes at `from` into `register`, by slices. */
function step(from, register, next) {
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
function finish(from, until, register, next) {
  const more = isLess(from, until);
  return when(more, loop([...step(from, register, next), ...wasm.againIf(more)]));
}

function storeSum(register) {
  return [...store(get(sums), binary('xor', get(register), constant(-1))), ...set(sums, add(get(sums), 4))];
}

/** Sets up a record that starts at `header`: its data, its end, an empty register. Else does `otherwise`. */
function enter(header, record, otherwise) {
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
const last = () => [...finish(data, end, sum, word), ...storeSum(sum), ...wasm.giveBack(get(sums))];

const both = () => [
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

const body = () => [
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

/** The module: one function, `run`, over an imported memory. */
export function batchSumCode() {
  return wasmModule(2, LOCALS, body(), PAGES);
}
