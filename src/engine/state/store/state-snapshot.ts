import { checkBytes } from '../../bytes/byte-argument.js';
import { assert } from '../../assert.js';
import { readI32, readU32, readU64, writeU32, writeU64 } from '../../bytes/halves.js';
import type { Entry } from '../../entry-cursor.js';
import { StatelogError } from '../../errors.js';

/** The version that LaminarDB writes, and the only one there is. */
const SNAPSHOT_VERSION = 1;

/** An archived vector: `ptr:i32 len:u32`. */
const VEC_BYTES = 8;
/** An entry: the key's vector and the value's. */
const ENTRY_BYTES = 2 * VEC_BYTES;
const ENTRY_ALIGNMENT = 4;

const DATA_AT = 0;
const TIMESTAMP_AT = DATA_AT + VEC_BYTES;
const VERSION_AT = TIMESTAMP_AT + 8;
/** The root, the last bytes: data, timestamp, version, and zeros up to its alignment. */
const ROOT_BYTES = VERSION_AT + 4 + 4;
const ROOT_ALIGNMENT = 8;
assert(ROOT_BYTES === 24 && ROOT_BYTES % ROOT_ALIGNMENT === 0, 'the root has 24 bytes');

/** Pointers are i32. */
const SNAPSHOT_BYTES_MAX = 0x7fff_ffff;

/** The content of a state store at one moment, in memory. */
export class StateSnapshot {
  /** All entries, in key order where a store made it. */
  readonly data: readonly Entry[];
  /** When it was made: nanoseconds since the Unix epoch, u64. */
  readonly timestampNs: bigint;

  constructor(data: readonly Entry[], timestampNs: bigint) {
    for (const { key, value } of data) {
      checkBytes(key, 'key');
      checkBytes(value, 'value');
    }
    this.data = data;
    this.timestampNs = BigInt.asUintN(64, timestampNs);
  }

  /** How many entries there are. */
  get length(): number {
    return this.data.length;
  }

  get isEmpty(): boolean {
    return this.data.length === 0;
  }

  /** Bytes of all keys and values. */
  get sizeBytes(): number {
    return this.data.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  }

  /**
   * The bytes that LaminarDB writes for the same snapshot (docs/formats/state-file.md, "Snapshot").
   * @throws StatelogError `LIMIT_EXCEEDED` where they would pass 2 GiB
   */
  toBytes(): Uint8Array {
    const entriesAt = roundUp(this.sizeBytes, ENTRY_ALIGNMENT);
    const rootAt = roundUp(entriesAt + ENTRY_BYTES * this.length, ROOT_ALIGNMENT);
    if (rootAt + ROOT_BYTES > SNAPSHOT_BYTES_MAX) {
      throw new StatelogError('LIMIT_EXCEEDED', 'a snapshot cannot have more than 2 GiB', {
        expected: `at most ${SNAPSHOT_BYTES_MAX} bytes`,
        found: `${rootAt + ROOT_BYTES} bytes`,
      });
    }
    const bytes = new Uint8Array(rootAt + ROOT_BYTES);
    let end = 0;
    let field = entriesAt;
    for (const { key, value } of this.data) {
      for (const part of [key, value]) {
        bytes.set(part, end);
        writeVec(bytes, field, end, part.length);
        end += part.length;
        field += VEC_BYTES;
      }
    }
    writeVec(bytes, rootAt + DATA_AT, entriesAt, this.length);
    writeU64(bytes, rootAt + TIMESTAMP_AT, this.timestampNs);
    writeU32(bytes, rootAt + VERSION_AT, SNAPSHOT_VERSION);
    return bytes;
  }

  /**
   * Reads what `toBytes` made, here or in LaminarDB. Keys and values are copies. Each must stand right
   * behind the one before, as they are written: so no input makes it copy more than the input has.
   * @throws StatelogError `DAMAGED` (class `undecodable`), `UNSUPPORTED_VERSION`
   */
  static fromBytes(given: Uint8Array): StateSnapshot {
    checkBytes(given, 'bytes');
    // A plain view: `slice` of a Buffer would not copy.
    const bytes = new Uint8Array(given.buffer, given.byteOffset, given.length);
    const rootAt = bytes.length - ROOT_BYTES;
    if (rootAt < 0 || rootAt % ROOT_ALIGNMENT !== 0) throw undecodable('it has an impossible length', 0);
    const version = readU32(bytes, rootAt + VERSION_AT);
    if (version !== SNAPSHOT_VERSION) {
      throw new StatelogError('UNSUPPORTED_VERSION', `this is a snapshot of version ${version}`, {
        offset: rootAt + VERSION_AT,
        expected: String(SNAPSHOT_VERSION),
        found: String(version),
      });
    }
    const count = readU32(bytes, rootAt + DATA_AT + 4);
    const entriesAt = readPointer(bytes, rootAt + DATA_AT);
    if (entriesAt < 0 || roundUp(entriesAt + ENTRY_BYTES * count, ROOT_ALIGNMENT) !== rootAt) {
      throw undecodable('its entries do not end where the root starts', rootAt);
    }
    return new StateSnapshot(readEntries(bytes, entriesAt, count), readU64(bytes, rootAt + TIMESTAMP_AT));
  }
}

function readEntries(bytes: Uint8Array, entriesAt: number, count: number): Entry[] {
  const data: Entry[] = [];
  let end = 0;
  const take = (field: number): Uint8Array => {
    const start = readPointer(bytes, field);
    const length = readU32(bytes, field + 4);
    if (start !== end || start + length > entriesAt)
      throw undecodable('a key or value is out of place', field);
    end = start + length;
    return bytes.slice(start, end);
  };
  for (let field = entriesAt; data.length < count; field += ENTRY_BYTES) {
    data.push({ key: take(field), value: take(field + VEC_BYTES) });
  }
  if (roundUp(end, ENTRY_ALIGNMENT) !== entriesAt) throw undecodable('there are bytes of no entry', end);
  return data;
}

function writeVec(bytes: Uint8Array, field: number, target: number, length: number): void {
  writeU32(bytes, field, target - field);
  writeU32(bytes, field + 4, length);
}

/** Follows the pointer at `field`. */
function readPointer(bytes: Uint8Array, field: number): number {
  return field + readI32(bytes, field);
}

function roundUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

function undecodable(reason: string, offset: number): StatelogError {
  return new StatelogError('DAMAGED', `the snapshot is damaged: ${reason}`, { class: 'undecodable', offset });
}
