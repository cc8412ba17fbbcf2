import type { Finding } from '../../finding.js';
import { CURSOR_TYPE, HEADER_BYTES, PUT_TYPE } from '../../fold/format/format.js';
import { headerBytes } from '../../fold/format/header.js';
import type { OpenLog } from '../../fold/record/log-window.js';
import { refuseOtherVersion } from '../../fold/record/other-version.js';
import { FoldScanner } from '../../fold/scan/scanner.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import { mendFold } from '../mend/mend-logs.js';
import { fillFold } from '../replica/fill-fold.js';
import { FoldGapRecords } from './made-out-fold.js';
import { JoinedLogs } from './joined-logs.js';
import { NewFile } from './new-file.js';
import { RangeCopier } from './range-copier.js';
import { unreadable } from '../account/refusals.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import { StaleChanges } from './stale-changes.js';

/**
 * Copies the good records of a fold log to a new one, as they are and in their order, behind a header;
 * then reads the new one from end to end. Each gap is told of, and each key whose change was in one.
 * @param into the new log, synced when this returns; undefined to look only
 * @param heldBy where the log is read, if it lies within another file
 */
export function* salvageFold(
  account: RepairAccount,
  path: string,
  into: string | undefined,
  heldBy = account.fileSystem,
): Generator<RepairEvent, void> {
  yield* mendFold(account, path, heldBy);
  yield* fillFold(account, path);
  const { fileSystem } = account;
  const descriptor = fileSystem.openRead(path);
  let file: NewFile | undefined;
  try {
    if (into !== undefined) file = NewFile.create(account.fileSystem, into);
    const log = { fileSystem, path, descriptor, size: fileSystem.statusOf(descriptor).size };
    const salvage = new FoldSalvage(account, log);
    if (file !== undefined) writeFully(fileSystem, file.descriptor, headerBytes());
    const copier =
      file === undefined ? undefined : new RangeCopier(fileSystem, descriptor, file.descriptor, HEADER_BYTES);
    yield* salvage.read(copier);
    file?.finish();
    if (into !== undefined) salvage.readAgain(into);
    else if (account.lostKeys.isWanted) salvage.readAgain(path);
    yield* account.loseChanges();
  } finally {
    file?.abandon();
    closeQuietly(fileSystem, descriptor);
  }
}

class FoldSalvage {
  readonly #account: RepairAccount;
  readonly #log: OpenLog;
  #records = 0;
  #bytes = 0;
  #gaps: FoldGapRecords | undefined;

  constructor(account: RepairAccount, log: OpenLog) {
    this.#account = account;
    this.#log = log;
  }

  *read(copier: RangeCopier | undefined): Generator<RepairEvent, void> {
    const account = this.#account;
    const scanner = new FoldScanner(this.#log, { tornTail: 'show' });
    const stale = new StaleChanges(this.#log);
    const joined = new JoinedLogs(this.#log);
    const { record } = scanner;
    for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
      if (step === 'record' && (joined.isLeftOut(record) || stale.isStale(record))) continue;
      yield* this.#tellLeftOut(stale);
      if (step === 'finding') {
        refuseOtherVersion(this.#log, scanner.finding!);
        yield* this.#takeFinding(scanner.finding!, stale, joined);
        continue;
      }
      this.#records += 1;
      this.#bytes += record.length;
      copier?.take(record.offset, record.length);
      if (account.hasRead(record.length)) yield account.progress();
      if (record.type === CURSOR_TYPE) continue;
      const { bytes, keyStart, keyLength, type } = record;
      account.census.see(bytes, keyStart, keyStart + keyLength, type === PUT_TYPE);
    }
    yield* this.#tellLeftOut(stale);
    const warning = stale.warning();
    if (warning !== undefined) {
      account.mayBeOlder = true;
      yield account.tell(warning);
    }
    copier?.finish();
    account.keptRecords += this.#records;
    account.keptBytes += this.#bytes;
  }

  /** Reads what was written, or once more what was read: all of it must be there. */
  readAgain(path: string): void {
    const { lostKeys } = this.#account;
    const { fileSystem } = this.#log;
    const descriptor = fileSystem.openRead(path);
    try {
      const log = { fileSystem, path, descriptor, size: fileSystem.statusOf(descriptor).size };
      const scanner = new FoldScanner(log, { tornTail: 'show' });
      const stale = new StaleChanges(log);
      const joined = new JoinedLogs(log);
      const { record } = scanner;
      let records = 0;
      let bytes = 0;
      for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
        if (step === 'finding') {
          const gap = gapIn(scanner.finding!);
          if (gap !== undefined) see(gap, stale, joined);
          continue;
        }
        if (joined.isLeftOut(record) || stale.isStale(record)) continue;
        if (lostKeys.isWanted && record.type !== CURSOR_TYPE) {
          const op = record.type === PUT_TYPE ? 'put' : 'delete';
          const end = record.keyStart + record.keyLength;
          lostKeys.see(record.bytes, record.keyStart, end, op, records, () => record.value());
        }
        records += 1;
        bytes += record.length;
      }
      if (records !== this.#records || bytes !== this.#bytes) throw unreadable(path, this.#records, records);
    } finally {
      closeQuietly(fileSystem, descriptor);
    }
  }

  *#tellLeftOut(stale: StaleChanges): Generator<RepairEvent, void> {
    const leftOut = stale.takeLeftOut();
    if (leftOut !== undefined) yield this.#account.takeMadeUpFor(leftOut);
  }

  *#takeFinding(finding: Finding, stale: StaleChanges, joined: JoinedLogs): Generator<RepairEvent, void> {
    const account = this.#account;
    const gap = gapIn(finding);
    const next = gap === undefined ? undefined : see(gap, stale, joined);
    // Where nothing but the header of another log stands, nothing is lost.
    const isLoss = next === undefined || finding.class !== 'misplaced';
    if (isLoss) yield account.take(finding);
    if (next !== undefined) yield account.take(next);
    if (next?.severity === 'damage' && next.class === 'misplaced') account.mayBeOlder = true;
    if (gap !== undefined && isLoss) this.#takeLoss(gap);
  }

  #takeLoss(finding: Finding): void {
    const { lostKeys } = this.#account;
    this.#gaps ??= new FoldGapRecords(this.#log);
    const { records, isAll, changes, nameless } = this.#gaps.makeOut(finding);
    this.#account.loseRecords(Math.max(records, 1), isAll);
    this.#account.madeOutRecords += records;
    for (const change of changes) lostKeys.note(change, this.#records);
    for (const change of nameless) lostKeys.noteNameless(change);
  }
}

/** @returns what to tell of another log that begins behind bad bytes, where one does */
function see(finding: Finding, stale: StaleChanges, joined: JoinedLogs): Finding | undefined {
  stale.seeDamage(finding);
  return joined.see(finding);
}

/** The bad bytes among the records, without those of the header; undefined where there are none. */
function gapIn(finding: Finding): Finding | undefined {
  const { severity, offset, bytes } = finding;
  if (severity !== 'damage' || offset + bytes <= HEADER_BYTES) return undefined;
  const start = Math.max(offset, HEADER_BYTES);
  return { ...finding, offset: start, bytes: offset + bytes - start };
}
