import { StatelogError } from '../../errors.js';
import { LOG_BYTES_MAX } from '../format/format.js';
import {
  cursorBytes,
  deleteBytesMax,
  encodeCursor,
  encodeDeleteRecord,
  encodePutRecord,
  putBytesMax,
} from '../format/record-encoder.js';
import type { KeyedUpdate } from '../format/update.js';
import { VersionToken } from '../format/version-token.js';
import type { WatchCursor } from '../format/watch-cursor.js';
import type { FoldIndex } from '../lookup/fold-index.js';
import { readLog, type OpenLog } from '../record/log-window.js';

const CHUNK_BYTES = 1024 * 1024;

/** The records that follow what a log holds. */
export interface FollowingRecords {
  readonly updates: readonly KeyedUpdate[];
  /** A cursor in front of them. */
  readonly between: WatchCursor | undefined;
  /** Written twice behind them, as a clean close does. */
  readonly cursor: WatchCursor;
}

/** A log with more records behind what it holds, as the bytes of a new file. */
export class LongerLog {
  readonly #log: OpenLog;
  readonly #following: FollowingRecords;

  /** @throws StatelogError `LIMIT_EXCEEDED` where the new file would be longer than a log may be */
  constructor(log: OpenLog, following: FollowingRecords) {
    this.#log = log;
    this.#following = following;
    const { updates, cursor } = following;
    const records = updates.reduce((sum, update) => sum + bytesOfUpdate(update), 0);
    const bytes = this.#updatesAt() + records + 2 * cursorBytes(cursor);
    if (bytes <= LOG_BYTES_MAX) return;
    throw new StatelogError('LIMIT_EXCEEDED', `${log.path} would grow past ${LOG_BYTES_MAX} bytes`, {
      path: log.path,
      safe: 'the log is as it was',
      hint: `run 'statelog compact ${log.path}', and try again`,
    });
  }

  /** The bytes, in chunks that are each valid until the next is asked for. */
  *chunks(): Generator<Uint8Array, void> {
    const log = this.#log;
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, log.size));
    for (let offset = 0; offset < log.size; offset += chunk.length) {
      const count = Math.min(chunk.length, log.size - offset);
      readLog(log, chunk, 0, count, offset);
      yield chunk.subarray(0, count);
    }
    yield* gathered(recordsOf(this.#following));
  }

  /** Makes an index of the log one of the longer log. */
  addTo(index: FoldIndex): void {
    let offset = this.#updatesAt();
    for (const update of this.#following.updates) {
      const { key } = update;
      const length = bytesOfUpdate(update);
      if (update.op === 'put') index.put(key, 0, key.length, offset, length);
      else index.delete(key, 0, key.length);
      offset += length;
    }
  }

  #updatesAt(): number {
    const { between } = this.#following;
    return this.#log.size + (between === undefined ? 0 : cursorBytes(between));
  }
}

function* recordsOf({ updates, between, cursor }: FollowingRecords): Generator<Uint8Array, void> {
  if (between !== undefined) yield cursorRecord(between);
  for (const update of updates) yield record(update);
  yield cursorRecord(cursor);
  yield cursorRecord(cursor);
}

/** Small pieces as few large ones. */
function* gathered(pieces: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    held.push(piece);
    bytes += piece.length;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    bytes = 0;
  }
  yield Buffer.concat(held);
}

/** Exact, since the key is bytes. */
function bytesOfUpdate(update: KeyedUpdate): number {
  const version = update.version ?? VersionToken.unknown();
  return update.op === 'put'
    ? putBytesMax(update.key, update.value, version)
    : deleteBytesMax(update.key, version);
}

function record(update: KeyedUpdate): Uint8Array {
  const { key, version = VersionToken.unknown() } = update;
  const bytes = new Uint8Array(bytesOfUpdate(update));
  if (update.op === 'put') encodePutRecord(bytes, 0, key, update.value, version);
  else encodeDeleteRecord(bytes, 0, key, version);
  return bytes;
}

function cursorRecord(cursor: WatchCursor): Uint8Array {
  const bytes = new Uint8Array(cursorBytes(cursor));
  encodeCursor(bytes, 0, cursor);
  return bytes;
}
