import { forecastCheckpoint } from '../../directory/checkpoint/core-forecast.js';
import { epochOfName, type DirectoryLayout } from '../../directory/manifest/layout.js';
import { liveLogLock } from '../../directory/manifest/live-log-lock.js';
import type { CheckpointEntry, DirectoryManifest } from '../../directory/manifest/manifest.js';
import { Overlay } from '../../directory/state/overlay.js';
import { applyRecord } from '../../directory/read/replay.js';
import { isStatelogError } from '../../errors.js';
import type { KeptLog } from '../../inspect/kept-logs.js';
import { missingOrDamaged } from '../../inspect/verify/verify-directory.js';
import { openStateFile } from '../../state/read/state-file-open.js';
import type { StateFile } from '../../state/read/state-file.js';
import { lostRecords } from '../../wal/scan/lost-records.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import { LogGroups } from './log-groups.js';
import type { SourcePositions } from './source-positions.js';
import { SegmentBook } from './segment-book.js';
import { lostEnd, recordHoles, type RecordHole } from './missing-records.js';
import { laidOver } from '../state/filled-entries.js';
import type { DamagedChange } from '../account/lost-keys.js';
import { NewFile } from '../log/new-file.js';
import { RenumberingCopier } from '../log/renumbering-copier.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import type { CheckpointCore } from './salvage-checkpoint.js';
import { salvageSegment, type SegmentSource } from '../log/salvage-segment.js';

/** An entry that the newest checkpoint lost: the live log may make up for it. */
export interface LostBelow {
  readonly change: DamagedChange;
  /** True where an older value stands in its place. */
  readonly isInPlace: boolean;
}

/** The facts about one core's segment once it was salvaged. */
interface Numbering {
  readonly isWhole: boolean;
  /** The sequence that the next log's first record gets in the new place. */
  readonly nextSequence: bigint;
}

/**
 * Salvages the logs of a state directory, in order of epoch, each numbered on from where the one before it
 * ends. A closed log ends with a barrier again: its checkpoint says that there was one.
 */
export class LogSalvage {
  /** The position of each source by the live log; set before that log is salvaged. */
  positions: SourcePositions | undefined;
  /** The losses of the newest checkpoint, by core. */
  readonly lostBelow = new Map<number, readonly LostBelow[]>();
  readonly #account: RepairAccount;
  readonly #layout: DirectoryLayout;
  readonly #manifest: DirectoryManifest;
  readonly #into: DirectoryLayout | undefined;
  /** By epoch and core. */
  readonly #numbering = new Map<string, Numbering>();
  readonly #groups: LogGroups;

  constructor(
    account: RepairAccount,
    layout: DirectoryLayout,
    manifest: DirectoryManifest,
    into: DirectoryLayout | undefined,
  ) {
    this.#account = account;
    this.#layout = layout;
    this.#manifest = manifest;
    this.#into = into;
    this.#groups = new LogGroups(account.fileSystem, layout, manifest);
  }

  /** True where nothing of a core's segment was damaged or missing. */
  isWhole(epoch: bigint, coreId: number): boolean {
    return this.#numbering.get(`${epoch}/${coreId}`)?.isWhole ?? false;
  }

  /** The sequence that a core's next record gets after a checkpoint, in the new place. */
  sequenceAfter(entry: CheckpointEntry, coreId: number): bigint {
    return this.#numbering.get(`${entry.epoch}/${coreId}`)?.nextSequence ?? entry.cores[coreId]!.nextSequence;
  }

  /**
   * Salvages one log.
   * @param state the newest checkpoint's cores for the live log, for which keys count; undefined for a closed one
   */
  *salvage(log: KeptLog, state: readonly CheckpointCore[] | undefined): Generator<RepairEvent, void> {
    const { fileSystem } = this.#account;
    const folder = this.#into?.walOf(log.epoch);
    if (folder !== undefined) fileSystem.makeDirectory(folder);
    const { positions } = this;
    // Commits are the first core's: it comes last, when it is known what is missing of the others.
    const cores = Array.from({ length: this.#manifest.cores }, (_, core) => this.#manifest.cores - 1 - core);
    for (const coreId of cores) {
      yield* this.#segment(log, coreId, state?.[coreId]);
      if (log.isLive) this.#countKeys(log, coreId, state?.[coreId]);
    }
    if (log.isLive) for (const source of positions?.told() ?? []) yield { source };
    if (folder !== undefined) fileSystem.syncDirectory(folder);
  }

  /**
   * The changes that are left of one core's segments between two checkpoints, whether a manifest still names them or not.
   * @param after the epoch of the earlier checkpoint; 0 for the empty store
   * @returns undefined where none of them is there
   */
  changesBetween(after: bigint, epoch: bigint, coreId: number): Overlay | undefined {
    const overlay = new Overlay();
    const found = this.#epochs()
      .filter((one) => one > after && one <= epoch)
      .map((one) => this.#applySegment(one, coreId, overlay));
    return found.includes(true) ? overlay : undefined;
  }

  /**
   * The records of one core between two checkpoints that no log has.
   * @param before the earlier checkpoint; undefined for the empty store
   */
  missingBetween(before: CheckpointEntry | undefined, entry: CheckpointEntry, coreId: number): RecordHole[] {
    const { fileSystem } = this.#account;
    const paths = this.#epochs()
      .filter((one) => one > (before?.epoch ?? 0n) && one <= entry.epoch)
      .map((epoch) => this.#layout.segment(epoch, coreId));
    return recordHoles(fileSystem, paths, coreId, before?.cores[coreId], entry.cores[coreId]!);
  }

  /** The epochs of all logs that are there, in order. */
  #epochs(): bigint[] {
    const { fileSystem } = this.#account;
    const { wal } = this.#layout;
    if (fileSystem.status(wal)?.kind !== 'directory') return [];
    const epochs = fileSystem.readDirectory(wal).flatMap((name) => epochOfName(name) ?? []);
    return epochs.sort((one, other) => (one < other ? -1 : 1));
  }

  /** @returns whether the segment is there */
  #applySegment(epoch: bigint, coreId: number, overlay: Overlay, expectedSequence?: bigint): boolean {
    const { fileSystem } = this.#account;
    const path = this.#layout.segment(epoch, coreId);
    if (fileSystem.statusFollowing(path) === undefined) return false;
    const progress = { sources: new Map<string, bigint>(), watermark: undefined };
    const groups = this.#groups.of(epoch);
    const options = { fileSystem, coreId, epoch, expectedSequence, ...groups };
    const scanner = WalScanner.open(path, { ...options, tornTail: 'show' });
    try {
      for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
        if (event === 'record') applyRecord(scanner.view, overlay, progress);
      }
      return true;
    } finally {
      scanner.close();
    }
  }

  *#segment(log: KeptLog, coreId: number, state: CheckpointCore | undefined): Generator<RepairEvent, void> {
    const { epoch, before, after } = log;
    const path = this.#layout.segment(epoch, coreId);
    const expectedSequence = before?.cores[coreId]?.nextSequence ?? 0n;
    const first = before === undefined ? 0n : this.sequenceAfter(before, coreId);
    const into = this.#into?.segment(epoch, coreId);
    const book = new SegmentBook(log, coreId, first);
    const { fileSystem, lostKeys } = this.#account;
    const lock = log.isLive ? liveLogLock(fileSystem, this.#layout, this.#manifest) : undefined;
    const isLocked = lock?.isLocked() ?? false;
    for (const { change, isInPlace } of (log.isLive ? this.lostBelow.get(coreId) : undefined) ?? []) {
      lostKeys.note(change, 0, isInPlace ? 'put' : undefined);
    }
    const groups = this.#groups.of(epoch);
    const below = this.#openBelow(log, state);
    const positions = log.isLive ? this.positions : undefined;
    const lastBefore = before?.cores[coreId]?.lastTimestampNs ?? 0n;
    const closedAt = lock?.closedAtOf(coreId);
    const writtenWithin = {
      // A checkpoint whose log is gone does not tell when it was written.
      afterNs: lastBefore === 0n ? undefined : lastBefore,
      beforeNs: after?.cores[coreId]?.lastTimestampNs,
    };
    const part = {
      coreId,
      to: after?.cores[coreId]?.nextSequence ?? closedAt?.nextSequence,
      ...writtenWithin,
    };
    const source: SegmentSource = {
      path,
      coreId,
      epoch,
      expectedSequence,
      endSequence: after?.cores[coreId]?.nextSequence,
      isLocked,
      wasClosed: lock?.wasClosed,
      closedAt,
      writtenWithin,
      isCovered: !log.isLive,
      isBelow: (key) => valueBelow(below, key),
      renumberedFrom: first,
      ...groups,
      onGap: (afterNs) => positions?.isMissingAfter(afterNs ?? lastBefore, coreId),
      onRecord: (view) => {
        book.take(view);
        positions?.take(view);
      },
      onEnd: (copier) => {
        book.close(copier);
        if (coreId === 0) this.#correctSources(copier, book, epoch);
      },
    };
    try {
      const { isWhole, nextSequence, toldTo } = yield* salvageSegment(this.#account, source, into);
      const due = nextSequence ?? expectedSequence;
      // A closed log whose end was cut off between two records looks whole by itself.
      const missing = after === undefined ? 0n : atLeastNone(after.cores[coreId]!.nextSequence - due);
      if (missing > 0n) {
        const isTold = toldTo !== undefined && toldTo >= due + missing;
        const lost = isTold ? undefined : lostRecords({ ...part, from: due });
        yield this.#account.take(lostEnd(path, coreId, missing, book.needsBarrier, lost));
      }
      this.#number(log, coreId, isWhole && missing === 0n, book.nextSequence);
    } catch (error) {
      if (!isStatelogError(error, 'NOT_FOUND')) throw error;
      // Of a log that was never closed nobody knows how far it went, or whether it held anything.
      const lost = lostRecords({ ...part, from: expectedSequence }, 0);
      yield this.#account.take({ ...missingOrDamaged(error, path, 'missing-segment'), coreId, lost });
      yield* this.#account.loseChanges();
      positions?.isMissingAfter(lastBefore, coreId);
      if (into !== undefined) this.#writeEmpty(into, book, coreId === 0 ? epoch : undefined);
      this.#number(log, coreId, false, book.nextSequence);
    } finally {
      below?.close();
    }
  }

  /** The state that a log's changes lie over, as the new place has it, to look keys up in. */
  #openBelow({ before }: KeptLog, state: CheckpointCore | undefined): StateFile | undefined {
    if (state === undefined || before === undefined || this.#into === undefined) return state?.open();
    const path = this.#into.stateFile(before.epoch, state.coreId);
    return openStateFile(this.#account.fileSystem, path, { mapping: 'never' });
  }

  /** Puts what a source's position really is behind all that was said of it. */
  #correctSources(copier: RenumberingCopier, book: SegmentBook, epoch: bigint): void {
    const correction = book.isLive ? this.positions?.correction() : undefined;
    if (correction !== undefined) book.add(copier, epoch, { op: 'commit', ...correction });
  }

  #writeEmpty(path: string, book: SegmentBook, epochOfCommits: bigint | undefined): void {
    const { fileSystem } = this.#account;
    const file = NewFile.create(fileSystem, path);
    try {
      const copier = new RenumberingCopier(fileSystem, file.descriptor, book.first);
      book.close(copier);
      if (epochOfCommits !== undefined) this.#correctSources(copier, book, epochOfCommits);
      copier.finish();
      file.finish();
    } finally {
      file.abandon();
    }
  }

  #number({ epoch }: KeptLog, coreId: number, isWhole: boolean, nextSequence: bigint): void {
    this.#numbering.set(`${epoch}/${coreId}`, { isWhole, nextSequence });
  }

  /** Counts the live keys of one core as the new place has them. */
  #countKeys(log: KeptLog, coreId: number, state: CheckpointCore | undefined): void {
    const overlay = new Overlay();
    this.#applySegment(log.epoch, coreId, overlay, log.before?.cores[coreId]?.nextSequence ?? 0n);
    const base: StateFile | undefined = state?.open();
    if (state === undefined || base !== undefined) {
      this.#account.keys += forecastCheckpoint({ base, overlay }).count;
      base?.close();
      return;
    }
    for (const { value } of laidOver(() => state.entries(), overlay, true)) {
      if (value !== undefined) this.#account.keys += 1;
    }
  }
}

/** The value of a key in a checkpoint; true where it has one that cannot be read, false where it has none. */
function valueBelow(below: StateFile | undefined, key: Uint8Array): boolean | Uint8Array {
  if (below?.find(key) !== true) return false;
  try {
    return below.value(below.offset, below.length);
  } catch (error) {
    if (!isStatelogError(error, 'DAMAGED')) throw error;
    return true;
  }
}

/** Files of different moments may say that a log ended before it began: nothing is known of it then. */
function atLeastNone(records: bigint): bigint {
  return records > 0n ? records : 0n;
}
