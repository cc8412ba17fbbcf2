/**
 * Just enough of WebAssembly's binary format to write one small function by hand
 * (https://webassembly.github.io/spec/core/binary/). An instruction is a list of bytes; a sequence of
 * instructions is their concatenation.
 */

const TYPE_I32 = 0x7f;
const TYPE_FUNCTION = 0x60;
const NO_RESULT = 0x40;
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 };
const KIND = { function: 0, memory: 2 };
const END = 0x0b;
/** Loads and stores say how aligned they are: 2 stands for 4 bytes. */
const ALIGNED_BY_4 = 2;

/** Operations on two i32 from the stack. */
const BINARY = {
  lessThan: 0x49,
  greaterThan: 0x4b,
  add: 0x6a,
  and: 0x71,
  xor: 0x73,
  shiftLeft: 0x74,
  shiftRight: 0x76,
};

/** An unsigned number in LEB128. */
function unsigned(value) {
  const bytes = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** A signed number in LEB128. */
function signed(value) {
  const bytes = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isDone = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isDone ? low : low | 0x80);
    if (isDone) return bytes;
  }
}

function sized(bytes) {
  return [...unsigned(bytes.length), ...bytes];
}

function text(value) {
  return sized([...new TextEncoder().encode(value)]);
}

/** The instructions that are used. All numbers are i32; comparing and shifting is unsigned. */
export const wasm = {
  constant: (value) => [0x41, ...signed(value | 0)],
  get: (local) => [0x20, ...unsigned(local)],
  set: (local, value) => [...value, 0x21, ...unsigned(local)],
  load: (address, offset = 0) => [...address, 0x28, ALIGNED_BY_4, ...unsigned(offset)],
  store: (address, value) => [...address, ...value, 0x36, ALIGNED_BY_4, 0],
  binary: (operation, a, b) => [...a, ...b, BINARY[operation]],
  /** Runs `body` again and again, until it does not end with `again`. */
  loop: (body) => [0x03, NO_RESULT, ...body, END],
  /** Goes back to the start of the loop that is `depth` blocks further out. */
  again: (depth) => [0x0c, ...unsigned(depth)],
  /** Goes back to the start of the innermost loop if the condition is not 0. */
  againIf: (condition) => [...condition, 0x0d, 0],
  when: (condition, body) => [...condition, 0x04, NO_RESULT, ...body, END],
  giveBack: (value) => [...value, 0x0f],
};

/** A module with one function over an imported memory (`memory.memory`), exported as `run`. */
export function wasmModule(parameters, locals, body, pages) {
  const section = (id, content) => [id, ...sized(content)];
  const types = Array(parameters).fill(TYPE_I32);
  const fixedSize = [1, ...unsigned(pages), ...unsigned(pages)];
  const code = [1, ...unsigned(locals), TYPE_I32, ...body, END];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(SECTION.type, [1, TYPE_FUNCTION, ...sized(types), 1, TYPE_I32]),
    ...section(SECTION.import, [1, ...text('memory'), ...text('memory'), KIND.memory, ...fixedSize]),
    ...section(SECTION.function, [1, 0]),
    ...section(SECTION.export, [1, ...text('run'), KIND.function, 0]),
    ...section(SECTION.code, [1, ...sized(code)]),
  ]);
}
