import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isStatelogError, type ErrorCode } from '../../../src/engine/errors.js';
import type { Finding } from '../../../src/engine/finding.js';
import { VERSION_AT } from '../../../src/engine/fold/format/format.js';
import { Replay } from '../../../src/engine/inspect/replay/replay.js';
import { findLogs } from '../../../src/engine/inspect/replay/replay-logs.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import type { RepairEvent, RepairSummary } from '../../../src/engine/repair/account/report.js';
import { unsyncedFileSystem } from './unsynced-file-system.js';
import { type Damaged, type DamageOperation, type Piece, whereNow } from './operations.js';

/** A log that damage is done to: a segment or a fold log. */
export interface DamagedLog {
  readonly name: string;
  /** The name of its file. */
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** Its records. */
  readonly pieces: readonly Piece[];
  /** Bytes before the first record. */
  readonly headerBytes: number;
  /** The records of a file of the same kind. */
  readonly read: (bytes: Uint8Array) => readonly Piece[];
  /** Whether a copy of a record counts as good: nothing in a fold log tells it from one that was written. */
  readonly takesCopies: boolean;
  /** Whether damage at an offset may be an unfinished last write although good records follow. */
  readonly mayBeUnsynced: (offset: number, damaged: Damaged) => boolean;
}

const FILE_SYSTEM = unsyncedFileSystem();

/** All that a repair told. */
export interface Repaired {
  readonly events: readonly RepairEvent[];
  readonly summary: RepairSummary;
}

/** Repairs into a new place. */
export async function repairInto(source: string, into: string): Promise<Repaired> {
  const steps = repairPath({ fileSystem: FILE_SYSTEM, path: source, into });
  const events: RepairEvent[] = [];
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) events.push(step.value);
  return { events, summary: step.value };
}

/** Sees that nothing is made of a file that does not tell what it is. */
export async function refusedRepair(source: string, into: string, code: ErrorCode): Promise<void> {
  try {
    await repairInto(source, into);
  } catch (error) {
    if (!isStatelogError(error, code)) throw error;
    if (existsSync(into))
      throw new Error('something was left of a repair that was refused', { cause: error });
    return;
  }
  throw new Error('what cannot be told apart from another kind of file was repaired');
}

const CLASSES: Readonly<Record<DamageOperation, readonly Finding['class'][]>> = {
  'bit flip': ['checksum-mismatch', 'bad-length', 'undecodable'],
  burst: ['checksum-mismatch', 'bad-length', 'undecodable'],
  cut: [],
  'zeroed block': ['checksum-mismatch', 'bad-length', 'undecodable'],
  'doubled block': ['checksum-mismatch', 'bad-length', 'undecodable', 'sequence-repeat', 'sequence-gap'],
  'wrong length': ['bad-length', 'checksum-mismatch', 'undecodable'],
};
const TORN: readonly Finding['class'][] = ['torn-tail', 'zero-tail'];

/**
 * Damages a log in `folder`, and holds what verify says of it and what a repair keeps of it against what is
 * known to be whole.
 * @throws Error where a promise is broken
 */
export async function checkLogDamage(
  log: DamagedLog,
  operation: DamageOperation,
  damaged: Damaged,
  folder: string,
): Promise<void> {
  try {
    await tryLogDamage(log, operation, damaged, folder);
  } catch (error) {
    throw new Error(`${damaged.what}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

async function tryLogDamage(
  log: DamagedLog,
  operation: DamageOperation,
  damaged: Damaged,
  folder: string,
): Promise<void> {
  // What is left of less than a header does not tell what it was.
  if (damaged.bytes.length < log.headerBytes) return;
  const source = path.join(folder, log.fileName);
  const into = path.join(folder, `repaired-${log.fileName}`);
  writeFileSync(source, damaged.bytes);
  if (isOfAnotherVersion(log, damaged)) {
    await refusedRepair(source, into, 'UNSUPPORTED_VERSION');
    return;
  }
  const before = statSync(source, { bigint: true }).mtimeNs;
  const whole = log.pieces.filter((piece) => whereNow(log.bytes, piece, damaged) >= 0);
  const findings = [...verifyPath(FILE_SYSTEM, source, { quick: false })];
  checkFindings(log, operation, damaged, findings);
  const { events, summary } = await repairInto(source, into);
  const kept = readFileSync(into);
  checkKept(log, damaged, whole, kept, summary.mended);
  if (log.headerBytes === 0) checkReplayed(source, log.read(kept).length - summary.mended, findings);
  const told = events.flatMap((event) => ('finding' in event ? [event.finding] : []));
  const isDamage = told.some(({ severity }) => severity === 'damage');
  if (isDamage !== summary.gaps > 0) throw new Error('gaps were not counted');
  if (summary.kept.records !== log.read(kept).length) throw new Error('kept records were not counted');
  if (Buffer.compare(readFileSync(source), damaged.bytes) !== 0)
    throw new Error('R4: the source was changed');
  if (statSync(source, { bigint: true }).mtimeNs !== before) throw new Error('R4: the source was touched');
}

/** A version that is not ours, and no good record behind the header to show that only the header was hit. */
function isOfAnotherVersion(log: DamagedLog, damaged: Damaged): boolean {
  if (log.headerBytes === 0) return false;
  const [first] = log.pieces;
  if (first !== undefined && whereNow(log.bytes, first, damaged) === log.headerBytes) return false;
  const isSame = (from: number, to: number): boolean =>
    Buffer.compare(damaged.bytes.subarray(from, to), log.bytes.subarray(from, to)) === 0;
  return isSame(0, VERSION_AT) && !isSame(VERSION_AT, log.headerBytes);
}

/** wal-replay shows what a repair keeps without having put it right; behind a torn tail, which a writer would cut, it shows nothing more. */
function checkReplayed(source: string, expected: number, findings: readonly Finding[]): void {
  const replay = new Replay(FILE_SYSTEM, findLogs(FILE_SYSTEM, source), false);
  let records = 0;
  try {
    for (let event = replay.next(); event !== 'end'; event = replay.next())
      if (event === 'record') records += 1;
  } finally {
    replay.close();
  }
  const isTorn = findings.some(({ severity }) => severity === 'torn');
  if (records > expected || (records < expected && !isTorn)) {
    throw new Error(`wal-replay shows ${records} records, and ${expected} are whole`);
  }
}

/**
 * All records that are whole were kept, in their order, and between them nothing but others of the log: those that were put
 * right, and a block that was copied may hold one whole that was hit in its own place. Only in a fold log may a record come twice.
 */
function checkKept(
  log: DamagedLog,
  damaged: Damaged,
  whole: readonly Piece[],
  kept: Uint8Array,
  mended: number,
): void {
  const originals = new Map(log.pieces.map((piece, index) => [textOf(log.bytes, piece), index]));
  const wanted = whole.map((piece) => textOf(log.bytes, piece));
  const found = log.read(kept).map((piece) => textOf(kept, piece));
  let next = 0;
  let last = -1;
  for (const text of found) {
    const index = originals.get(text);
    if (index === undefined) throw new Error('R2: a record was kept that was never written');
    if (!log.takesCopies && index <= last)
      throw new Error('R2: a record was kept twice, or out of its order');
    last = index;
    if (text === wanted[next]) next += 1;
  }
  if (next < wanted.length)
    throw new Error(`R3: record ${next} of the ${wanted.length} that are whole is gone`);
  const bytes = found.reduce((sum, { length }) => sum + length, log.headerBytes);
  if (bytes !== kept.length) throw new Error(`R2: ${kept.length - bytes} bytes are there that are no record`);
  const most = damaged.isCopy ? Infinity : wanted.length + mended;
  if (found.length > most) throw new Error('R2: more was kept than is whole');
}

function textOf(bytes: Uint8Array, { offset, length }: Piece): string {
  return Buffer.from(bytes.subarray(offset, offset + length)).toString('latin1');
}

function checkFindings(
  log: DamagedLog,
  operation: DamageOperation,
  damaged: Damaged,
  findings: readonly Finding[],
): void {
  const firstBad = log.pieces.find((piece) => whereNow(log.bytes, piece, damaged) !== piece.offset);
  const isHeaderBad = Buffer.compare(
    damaged.bytes.subarray(0, log.headerBytes),
    log.bytes.subarray(0, log.headerBytes),
  );
  const [first] = findings.filter(({ severity }) => severity !== 'notice');
  if (firstBad === undefined && isHeaderBad === 0) {
    // A block that was put in between two records, or nothing at all.
    if (first !== undefined && damaged.bytes.length === log.bytes.length) {
      throw new Error(`R5: ${first.class} where nothing is wrong`);
    }
    return;
  }
  if (isHeaderBad !== 0) {
    if (first?.class !== 'bad-header' && first?.class !== 'bad-version') {
      throw new Error(`R5: a bad header is called ${first?.class ?? 'good'}`);
    }
    return;
  }
  checkFirst(log, operation, damaged, firstBad!, first);
}

function checkFirst(
  log: DamagedLog,
  operation: DamageOperation,
  damaged: Damaged,
  firstBad: Piece,
  first: Finding | undefined,
): void {
  const { offset } = firstBad;
  if (first === undefined) {
    // Cut between two records, or a copy of whole records, of which nothing can be told.
    const isCutBetween = operation === 'cut' && damaged.bytes.length === offset;
    if (isCutBetween || (operation === 'doubled block' && log.takesCopies)) return;
    throw new Error(`R5: nothing is said of the damage at ${offset}`);
  }
  if (first.offset !== offset && !(operation === 'doubled block' && log.takesCopies)) {
    throw new Error(`R5: the bad record at ${offset} is said to be at ${first.offset}`);
  }
  const isFollowed = log.pieces.some(
    (piece) => piece.offset > offset && whereNow(log.bytes, piece, damaged) >= 0,
  );
  const expected =
    isFollowed && !log.mayBeUnsynced(offset, damaged) ? CLASSES[operation] : [...TORN, ...CLASSES[operation]];
  if (!expected.includes(first.class)) throw new Error(`R5: ${operation} is called ${first.class}`);
  const isTorn = TORN.includes(first.class);
  if (isTorn !== (first.severity === 'torn')) throw new Error(`R5: ${first.class} is ${first.severity}`);
}
