import type { Finding } from '../../finding.js';
import { TAG_DELETE, TAG_PUT } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor } from '../../storage-io/interface/file-system.js';
import { damageError } from '../../wal/scan/scan-findings.js';
import { WalScanner, type WalScanOptions } from '../../wal/scan/scanner.js';
import { GapRecords } from './made-out.js';
import { NewFile } from './new-file.js';
import { RenumberingCopier } from './renumbering-copier.js';
import { groupOfRecord, withoutGroupMark } from '../../wal/format/group-mark.js';
import { RangeCopier } from './range-copier.js';
import type { KeyCensus } from '../account/key-census.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import { unreadable } from '../account/refusals.js';
import type { SegmentEntry } from '../../wal/folder/segment-folder.js';
import type { Locked } from '../../wal/scan/scan-options.js';

/** A segment to be salvaged, and what it is held against. */
export interface SegmentSource extends Pick<
  WalScanOptions,
  | 'coreId'
  | 'epoch'
  | 'expectedSequence'
  | 'endSequence'
  | 'closedAt'
  | 'isLoose'
  | 'isClosed'
  | 'reached'
  | 'writtenWithin'
> {
  readonly path: string;
  readonly isLocked?: Locked | undefined;
  readonly wasClosed?: (() => boolean) | undefined;
  /** Whether what lies below the log, such as a checkpoint, has a value for a key; the value itself where it can be read. */
  readonly isBelow?: ((key: Uint8Array) => boolean | Uint8Array) | undefined;
  /** Segments of other cores that may hold the same keys. */
  readonly beside?: readonly Pick<SegmentEntry, 'path' | 'coreId'>[] | undefined;
  /** A checkpoint holds what the log did: no key is lost with a record of it. */
  readonly isCovered?: boolean | undefined;
  /** The new segment is numbered from here on without a gap, as one must be that is written again. */
  readonly renumberedFrom?: bigint | undefined;
  /** Told where something is missing: the time of the last good record before that, if there is one. */
  readonly onGap?: ((afterNs: bigint | undefined) => void) | undefined;
  /** Told of each good record, in order. */
  readonly onRecord?: ((view: WalEntryView) => void) | undefined;
  /** Adds records of our own at the end; the next sequence is given. */
  readonly onEnd?: ((copier: RenumberingCopier) => void) | undefined;
}

/** Takes good records to where they go. */
interface SalvageSink {
  take(view: WalEntryView, offset: number, bytes: number): void;
  finish(): void;
}

/** The result of salvaging a segment. */
export interface SalvagedSegment {
  /** True where nothing of it was damaged or missing. */
  readonly isWhole: boolean;
  /** The sequence that follows the last good record of the source; undefined where there is none. */
  readonly nextSequence: bigint | undefined;
  /** The sequence up to which it was told what is lost, where that was told last; undefined where nothing was. */
  readonly toldTo: bigint | undefined;
  /** End of the last good record of the source, in bytes. */
  readonly goodEnd: number;
}

/** Good records that stand in a wrong place: nothing that belongs there is lost with them. */
const STRANGERS: readonly Finding['class'][] = ['wrong-core', 'sequence-repeat', 'misplaced-epoch'];

/**
 * Copies the good records of a segment to a new one, as they are and in their order, so that LaminarDB can
 * still read them; then reads the new one from end to end. Each gap is told of, and each key whose
 * change was in one.
 * @param into the new segment, synced when this returns; undefined to look only
 */
export function* salvageSegment(
  account: RepairAccount,
  source: SegmentSource,
  into: string | undefined,
): Generator<RepairEvent, SalvagedSegment> {
  const { fileSystem, lostKeys } = account;
  const descriptor = fileSystem.openRead(source.path);
  let file: NewFile | undefined;
  try {
    if (into !== undefined) file = NewFile.create(account.fileSystem, into);
    const salvage = new SegmentSalvage(account, source, descriptor);
    const sink = file === undefined ? undefined : sinkOf(account, source, descriptor, file.descriptor);
    yield* salvage.read(sink);
    file?.finish();
    if (into !== undefined) salvage.readAgain(into);
    else if (lostKeys.isWanted) salvage.readAgain(source.path);
    if (lostKeys.isWanted) for (const other of source.beside ?? []) salvage.readBeside(other);
    if (source.isCovered === true) lostKeys.forget();
    yield* account.loseChanges(source.isBelow);
    return salvage.outcome;
  } finally {
    file?.abandon();
    closeQuietly(fileSystem, descriptor);
  }
}

function sinkOf(
  { fileSystem }: RepairAccount,
  { renumberedFrom, onEnd }: SegmentSource,
  from: FileDescriptor,
  into: FileDescriptor,
): SalvageSink {
  if (renumberedFrom === undefined) {
    const copier = new RangeCopier(fileSystem, from, into);
    return {
      take: (view, offset, bytes) => {
        // What follows in the new place may be less than the group had.
        if (groupOfRecord(view) === undefined) copier.take(offset, bytes);
        else copier.put(offset, withoutGroupMark(view, bytes));
      },
      finish: () => {
        copier.finish();
      },
    };
  }
  const copier = new RenumberingCopier(fileSystem, into, renumberedFrom);
  return {
    take: (view, _offset, bytes) => {
      copier.take(view, bytes);
    },
    finish: () => {
      onEnd?.(copier);
      copier.finish();
    },
  };
}

class SegmentSalvage {
  readonly #account: RepairAccount;
  readonly #source: SegmentSource;
  readonly #descriptor: FileDescriptor;
  #records = 0;
  #bytes = 0;
  #gaps: GapRecords | undefined;
  #isWhole = true;
  #nextSequence: bigint | undefined;
  #toldTo: bigint | undefined;
  #goodEnd = 0;

  constructor(account: RepairAccount, source: SegmentSource, descriptor: FileDescriptor) {
    this.#account = account;
    this.#source = source;
    this.#descriptor = descriptor;
  }

  get outcome(): SalvagedSegment {
    const [isWhole, nextSequence, toldTo] = [this.#isWhole, this.#nextSequence, this.#toldTo];
    return { isWhole, nextSequence, toldTo, goodEnd: this.#goodEnd };
  }

  *read(sink: SalvageSink | undefined): Generator<RepairEvent, void> {
    const account = this.#account;
    const { path, onRecord, expectedSequence, renumberedFrom, beside = [] } = this.#source;
    // A store's keys are those of its state, and of several cores' those of their changes in order: they are counted there.
    const areKeysCounted = renumberedFrom === undefined && beside.length === 0;
    const scanner = this.#scan(path, this.#descriptor, expectedSequence);
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'finding') {
        yield account.take(this.#takeLoss(scanner));
        continue;
      }
      const { view, offset, recordBytes } = scanner;
      this.#records += 1;
      this.#bytes += recordBytes;
      sink?.take(view, offset, recordBytes);
      onRecord?.(view);
      if (account.hasRead(recordBytes)) yield account.progress();
      if (areKeysCounted) countKey(account.census, view);
    }
    sink?.finish();
    this.#nextSequence = scanner.nextSequence;
    this.#goodEnd = scanner.goodEnd;
    account.keptRecords += this.#records;
    account.keptBytes += this.#bytes;
  }

  /** Reads what was written, or once more what was read: all of it must be there. */
  readAgain(path: string): void {
    const { fileSystem, lostKeys } = this.#account;
    const descriptor = fileSystem.openRead(path);
    try {
      const { renumberedFrom, expectedSequence, onEnd } = this.#source;
      const isNew = path !== this.#source.path;
      const scanner = this.#scan(path, descriptor, (isNew ? renumberedFrom : undefined) ?? expectedSequence);
      let records = 0;
      let bytes = 0;
      for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
        if (event !== 'record') continue;
        // The records from here on are ours.
        if (onEnd !== undefined && records === this.#records) break;
        const { view } = scanner;
        if (lostKeys.isWanted && hasKey(view)) {
          const end = view.keyStart + view.keyLength;
          const op = view.tag === TAG_PUT ? 'put' : 'delete';
          lostKeys.see(view.bytes, view.keyStart, end, op, records, () => view.valueCopy());
        }
        records += 1;
        bytes += scanner.recordBytes;
      }
      if (records !== this.#records || bytes !== this.#bytes) throw unreadable(path, this.#records, records);
    } finally {
      closeQuietly(fileSystem, descriptor);
    }
  }

  /** Reads another core's segment: it may have older or later changes of keys that were lost. */
  readBeside({ path, coreId }: Pick<SegmentEntry, 'path' | 'coreId'>): void {
    const { fileSystem, lostKeys } = this.#account;
    const scanner = WalScanner.open(path, { fileSystem, coreId, isLoose: true, tornTail: 'show' });
    try {
      for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
        const { view } = scanner;
        if (event !== 'record' || !hasKey(view)) continue;
        const end = view.keyStart + view.keyLength;
        const op = view.tag === TAG_PUT ? 'put' : 'delete';
        lostKeys.seeBeside(view.bytes, view.keyStart, end, op, view);
      }
    } finally {
      scanner.close();
    }
  }

  #scan(path: string, descriptor: FileDescriptor, expectedSequence: bigint | undefined): WalScanner {
    const { coreId, epoch, endSequence, isLoose, isLocked } = this.#source;
    const { wasClosed, closedAt, isClosed, reached, writtenWithin } = this.#source;
    const isSource = path === this.#source.path;
    return WalScanner.openPart(
      path,
      { descriptor, order: undefined, isFollowed: false },
      {
        fileSystem: this.#account.fileSystem,
        coreId,
        epoch,
        expectedSequence,
        // What is numbered anew ends at another number.
        endSequence: isSource ? endSequence : undefined,
        isLoose,
        isClosed,
        isLocked,
        wasClosed,
        writtenWithin,
        closedAt: isSource ? closedAt : undefined,
        reached: isSource ? reached : undefined,
        tornTail: 'show',
      },
    );
  }

  /** Notes down what a finding says is lost. @returns the finding, with as many records as what is left of them tells of */
  #takeLoss(scanner: WalScanner): Finding {
    const finding = scanner.finding!;
    // An unfinished last write was never acknowledged: nothing is lost with it.
    if (finding.severity !== 'damage') return finding;
    if (finding.isForeign) throw damageError(finding, 'nothing was written');
    this.#isWhole = false;
    this.#source.onGap?.(scanner.lastTimestampNs);
    const { lost } = finding;
    if (lost?.isExact === true && lost.lastSequence !== undefined)
      this.#toldTo = BigInt(lost.lastSequence) + 1n;
    if (finding.bytes === 0 || STRANGERS.includes(finding.class)) return finding;
    const { fileSystem, lostKeys } = this.#account;
    this.#gaps ??= new GapRecords(fileSystem, this.#descriptor, this.#source.path);
    const found = this.#gaps.makeOut(finding, scanner.nextSequence);
    for (const change of found.changes) lostKeys.note(change, this.#records);
    for (const change of found.nameless) lostKeys.noteNameless(change);
    this.#account.madeOutRecords += Math.min(found.records, Math.max(lost?.records ?? 0, 1));
    if (lost === undefined || lost.isExact || lost.records >= found.records) return finding;
    return { ...finding, lost: { ...lost, records: found.records } };
  }
}

/** Takes note of the key that a record puts or deletes, if it does. */
export function countKey(census: KeyCensus, view: WalEntryView): void {
  if (!hasKey(view)) return;
  const { bytes, keyStart, keyLength, tag } = view;
  census.see(bytes, keyStart, keyStart + keyLength, tag === TAG_PUT);
}

function hasKey({ tag }: WalEntryView): boolean {
  return tag === TAG_PUT || tag === TAG_DELETE;
}
