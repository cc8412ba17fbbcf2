import { crc32 } from '../../../src/engine/bytes/crc/checksum.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import {
  type Change,
  type Entries,
  LOG,
  Ledger,
  type Step,
  runSteps,
  show,
  withChange,
} from './cursor-workload.js';
import { deleteRecord, putRecord } from './log-bytes.js';
import { type ScannedRecord, scanBytes } from './scan.js';

const HEADER_BYTES = 6;
const CURSOR_TYPE = 3;
const NONE = new Uint8Array(0);

/** A log as a writer left it, and what each of its beginnings means. */
export interface WrittenLog {
  readonly bytes: Uint8Array;
  readonly records: readonly ScannedRecord[];
  /** What a reader sees of the first n records, for each n from 0 on. */
  readonly states: readonly string[];
  /** Where the last cursor's record starts and ends; undefined where there is none. */
  readonly lastCursor: { readonly start: number; readonly end: number } | undefined;
}

/**
 * The log that the steps leave behind a clean close.
 * @param unfinished changes whose cursor was never written, as of a writer that died
 */
export function writtenLog(steps: readonly Step[], unfinished: readonly Change[] = []): WrittenLog {
  const disk = new SimulatedDisk();
  disk.plantFile('/store/neighbour', Uint8Array.of(1));
  const ledger = new Ledger();
  runSteps(new SimulatedFileSystem({ disk }), ledger, steps);
  const closed = describe(disk.fileBytes(LOG));
  if (!ledger.allowed().has(closed.states.at(-1)!)) throw new Error('the log is not what was written');
  if (unfinished.length === 0) return closed;
  return describe(Uint8Array.from(Buffer.concat([closed.bytes, ...unfinished.map(recordOf)])));
}

function recordOf({ key, value }: Change): Uint8Array {
  return value === undefined ? deleteRecord(key) : putRecord(key, value, 77n);
}

function describe(bytes: Uint8Array): WrittenLog {
  const { records, findings } = scanBytes(bytes);
  if (findings.length > 0) throw new Error(`a log that was just written: ${JSON.stringify(findings)}`);
  let entries: Entries = new Map();
  let cursor: Uint8Array = NONE;
  const states = [show(entries, cursor)];
  for (const record of records) {
    const content = bytes.subarray(record.offset, record.offset + record.length);
    if (record.type === CURSOR_TYPE) cursor = content.slice(6);
    else entries = withChange(entries, changeIn(content));
    states.push(show(entries, cursor));
  }
  const last = records.findLast(({ type }) => type === CURSOR_TYPE);
  const lastCursor = last && { start: last.offset, end: last.offset + last.length };
  return { bytes, records, states, lastCursor };
}

function changeIn(record: Uint8Array): Change {
  const view = Buffer.from(record);
  const keyEnd = 7 + view.readUInt16LE(5);
  const key = Buffer.from(record.subarray(7, keyEnd)).toString();
  if (record[4] !== 1) return { key, value: undefined, version: NONE };
  const valueEnd = keyEnd + 4 + view.readUInt32LE(keyEnd);
  return { key, value: record.slice(keyEnd + 4, valueEnd), version: record.slice(valueEnd + 1) };
}

/** How many records a log still has whole when it is cut at `size`. */
export function wholeRecords({ records }: WrittenLog, size: number): number {
  return records.filter(({ offset, length }) => offset + length <= size).length;
}

/** True where a scan of the bytes shows nothing but records of the log, each in its place. */
export function showsNothingNew(bytes: Uint8Array, log: WrittenLog): boolean {
  const known = new Set(log.records.map((record) => JSON.stringify(record)));
  return scanBytes(bytes, { tornTail: 'show' }).records.every((record) => known.has(JSON.stringify(record)));
}

/** A cursor's record of a release to come: its checksum holds; undefined for a cursor that is known. */
export function unknownCursor(cursor: Uint8Array): Uint8Array | undefined {
  try {
    WatchCursor.fromBytes(cursor);
    return undefined;
  } catch {
    const record = Buffer.from([0, 0, 0, 0, CURSOR_TYPE, cursor.length, ...cursor]);
    record.writeUInt32LE(crc32(record, 4));
    return Uint8Array.from(record);
  }
}

/** The bytes with some put in before a record, or at the end. */
export function withBytesBefore({ bytes, records }: WrittenLog, index: number, put: Uint8Array): Uint8Array {
  const at = records[index]?.offset ?? Math.max(bytes.length, HEADER_BYTES);
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at)]));
}
