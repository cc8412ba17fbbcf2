import type { Finding } from '../finding.js';
import { TAG_DELETE, TAG_PUT } from '../rkyv/wal-entry-format.js';
import type { WalEntryView } from '../rkyv/wal-entry-view.js';
import { closeQuietly } from '../storage-io/atomic-write.js';
import type { FileDescriptor } from '../storage-io/file-system.js';
import { WalScanner, type WalScanOptions } from '../wal/scanner.js';
import { makeOutRecords } from './made-out.js';
import { NewFile } from './new-file.js';
import { RangeCopier } from './range-copier.js';
import type { RepairAccount } from './repair-account.js';
import type { RepairEvent } from './report.js';
import { unreadable } from './refusals.js';

/** A segment to be salvaged, and what it is held against. */
export interface SegmentSource extends Pick<WalScanOptions, 'coreId' | 'epoch' | 'expectedSequence'> {
  readonly path: string;
  readonly isLocked?: boolean | undefined;
  /** Whether what lies below the log, such as a checkpoint, has a value for a key. */
  readonly isBelow?: ((key: Uint8Array) => boolean) | undefined;
}

/** Damage of which it is not known yet how many records it took. */
interface OpenLoss {
  /** The sequence that the first record behind it would have had. */
  readonly sequenceDue: bigint | undefined;
  /** At the least. */
  readonly records: number;
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
): Generator<RepairEvent, void> {
  const { fileSystem } = account;
  const descriptor = fileSystem.openRead(source.path);
  const file = into === undefined ? undefined : NewFile.create(fileSystem, into);
  try {
    const salvage = new SegmentSalvage(account, source, descriptor);
    const copier = file === undefined ? undefined : new RangeCopier(fileSystem, descriptor, file.descriptor);
    yield* salvage.read(copier);
    file?.finish();
    if (into !== undefined) salvage.readAgain(into);
    else if (account.lostKeys.isWanted) salvage.readAgain(source.path);
    for (const lostKey of account.lostKeys.resolve(source.isBelow)) yield account.loseKey(lostKey);
  } finally {
    file?.abandon();
    closeQuietly(fileSystem, descriptor);
  }
}

class SegmentSalvage {
  readonly #account: RepairAccount;
  readonly #source: SegmentSource;
  readonly #descriptor: FileDescriptor;
  #records = 0;
  #bytes = 0;
  #loss: OpenLoss | undefined;

  constructor(account: RepairAccount, source: SegmentSource, descriptor: FileDescriptor) {
    this.#account = account;
    this.#source = source;
    this.#descriptor = descriptor;
  }

  *read(copier: RangeCopier | undefined): Generator<RepairEvent, void> {
    const account = this.#account;
    const scanner = this.#scan(this.#source.path, this.#descriptor);
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'finding') {
        yield account.take(scanner.finding!);
        this.#takeLoss(scanner);
        continue;
      }
      if (this.#loss !== undefined) this.#closeLoss(scanner.view);
      const { view, offset, recordBytes } = scanner;
      this.#records += 1;
      this.#bytes += recordBytes;
      copier?.take(offset, recordBytes);
      if (hasKey(view)) {
        const { bytes, keyStart, keyLength, tag } = view;
        account.census.see(bytes, keyStart, keyStart + keyLength, tag === TAG_PUT);
      }
    }
    copier?.finish();
    this.#closeLoss(undefined);
    account.keptRecords += this.#records;
    account.keptBytes += this.#bytes;
  }

  /** Reads what was written, or once more what was read: all of it must be there. */
  readAgain(path: string): void {
    const { fileSystem, lostKeys } = this.#account;
    const descriptor = fileSystem.openRead(path);
    try {
      const scanner = this.#scan(path, descriptor);
      let records = 0;
      let bytes = 0;
      for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
        if (event !== 'record') continue;
        const { view } = scanner;
        if (lostKeys.isWanted && hasKey(view)) {
          const end = view.keyStart + view.keyLength;
          lostKeys.see(view.bytes, view.keyStart, end, view.tag === TAG_PUT ? 'put' : 'delete', records);
        }
        records += 1;
        bytes += scanner.recordBytes;
      }
      if (records !== this.#records || bytes !== this.#bytes) throw unreadable(path, this.#records, records);
    } finally {
      closeQuietly(fileSystem, descriptor);
    }
  }

  #scan(path: string, descriptor: FileDescriptor): WalScanner {
    const { coreId, epoch, expectedSequence, isLocked } = this.#source;
    return WalScanner.openPart(
      path,
      { descriptor, order: undefined, isFollowed: false },
      {
        fileSystem: this.#account.fileSystem,
        coreId,
        epoch,
        expectedSequence,
        isLocked,
        tornTail: 'show',
      },
    );
  }

  #takeLoss(scanner: WalScanner): void {
    const finding = scanner.finding!;
    if (finding.severity === 'notice' || finding.class === 'zero-tail') return;
    const sequenceDue = scanner.nextSequence;
    const { fileSystem, lostKeys } = this.#account;
    let records = 0;
    if (finding.bytes > 0 && !STRANGERS.includes(finding.class)) {
      const found = makeOutRecords(fileSystem, this.#descriptor, finding, sequenceDue);
      records = Math.max(found.records, 1);
      for (const change of found.changes) lostKeys.note(change, this.#records);
    }
    this.#loss ??= { sequenceDue, records };
  }

  /** Counts the records that are missing before the one at hand; without one, those that could be told. */
  #closeLoss(view: WalEntryView | undefined): void {
    const loss = this.#loss;
    if (loss === undefined) return;
    this.#loss = undefined;
    const isNumbered =
      view !== undefined && loss.sequenceDue !== undefined && view.sequence >= loss.sequenceDue;
    this.#account.lostRecords += isNumbered ? Number(view.sequence - loss.sequenceDue) : loss.records;
  }
}

function hasKey({ tag }: WalEntryView): boolean {
  return tag === TAG_PUT || tag === TAG_DELETE;
}
