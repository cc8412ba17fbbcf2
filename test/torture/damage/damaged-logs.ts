import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { CURSOR_TYPE, PUT_TYPE } from '../../../src/engine/fold/format/format.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import { makeSteps } from '../../engine/fold/crash-workload.js';
import { scanBytes } from '../../engine/fold/scan.js';
import { MemoryFile } from '../../engine/wal/memory-file.js';
import { scanFile } from '../../engine/wal/scanned.js';
import { ownSegment } from '../../engine/wal/segment-builder.js';
import { fixturePath } from '../../support/fixtures.js';
import type { DamagedLog } from './log-damage.js';
import { type Piece, whereNow } from './operations.js';

const FOLD_HEADER_BYTES = 6;
/** Of a put: crc, type, key length; the value's length stands behind the key. */
const FOLD_KEY_LENGTH_AT = 5;
const FOLD_KEY_AT = 7;

function readSegment(bytes: Uint8Array): Piece[] {
  const { records } = scanFile(new MemoryFile(bytes), { tornTail: 'show' });
  return records.map(({ offset, bytes: length }) => ({ offset, length, lengthAt: offset }));
}

function readFold(bytes: Uint8Array): Piece[] {
  const { records } = scanBytes(bytes, { tornTail: 'show' });
  return records.map(({ offset, length, type }) => {
    if (type !== PUT_TYPE) return { offset, length };
    const keyLength = bytes[offset + FOLD_KEY_LENGTH_AT]! | (bytes[offset + FOLD_KEY_LENGTH_AT + 1]! << 8);
    return { offset, length, lengthAt: offset + FOLD_KEY_AT + keyLength };
  });
}

function segment(
  name: string,
  fileName: string,
  bytes: Uint8Array,
  mayBeUnsynced: (offset: number) => boolean = () => false,
): DamagedLog {
  const pieces = readSegment(bytes);
  return {
    name,
    fileName,
    bytes,
    pieces,
    headerBytes: 0,
    read: readSegment,
    takesCopies: false,
    mayBeUnsynced,
  };
}

function fold(name: string, bytes: Uint8Array): DamagedLog {
  const { records } = scanBytes(bytes);
  const cursors = records.filter(({ type }) => type === CURSOR_TYPE);
  return {
    name,
    fileName: 'fold.snap',
    bytes,
    pieces: readFold(bytes),
    headerBytes: FOLD_HEADER_BYTES,
    read: readFold,
    takesCopies: true,
    // Up to the last cursor but one everything was synced; one that was hit shows nothing any more.
    mayBeUnsynced: (offset, damaged) =>
      cursors.filter((cursor) => cursor.offset > offset && whereNow(bytes, cursor, damaged) >= 0).length <= 1,
  };
}

function ownFold(): Uint8Array {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory('/store');
  const { store } = AppendLogFold.open('/store/a.snap', Infinity, { fileSystem });
  for (const { batch, cursor } of makeSteps(12, 8, 80)) store.apply(batch, WatchCursor.fromU64(cursor ?? 1n));
  store.apply([KvUpdate.put('', new Uint8Array(5000))], WatchCursor.fromU64(99n));
  store.close();
  return fileSystem.disk.fileBytes('/store/a.snap');
}

const fixture = (name: string): Uint8Array => Uint8Array.from(readFileSync(fixturePath(name)));

/** Segments and fold logs: those of the original programs, and our own. */
export function damagedLogs(): DamagedLog[] {
  const groups = [1, 5, 2, 12, 1, 14];
  const own = ownSegment({ groups, delay: 1 });
  const lastProven = Math.max(...own.proven);
  return [
    segment('wal-ops', 'wal-0.log', fixture('wal-ops/wal-0.log')),
    ...[0, 1, 2, 3].map((core) =>
      segment(`wal-cores ${core}`, `wal-${core}.log`, fixture(`wal-cores/wal-${core}.log`)),
    ),
    segment('our segment', 'wal-0.log', own.bytes, (offset) => offset >= lastProven),
    fold('fold-log', fixture('fold-log.snap')),
    fold('fold-compact', fixture('fold-compact.snap')),
    fold('our fold log', ownFold()),
  ];
}

/** Those, and every other fold log among the fixtures, each content once. */
export function allDamagedLogs(): DamagedLog[] {
  const logs = damagedLogs();
  const seen = new Set(logs.map(({ bytes }) => Buffer.from(bytes).toString('latin1')));
  const names = readdirSync(fixturePath(''), { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((one) => path.extname(one) === '.snap').sort()) {
    const bytes = fixture(name);
    const content = Buffer.from(bytes).toString('latin1');
    if (!seen.has(content)) logs.push(fold(name, bytes));
    seen.add(content);
  }
  return logs;
}
