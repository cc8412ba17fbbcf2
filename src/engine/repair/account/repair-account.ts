import type { MendScope } from '../../bytes/record-mend.js';
import { StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { withStranger } from '../../inspect/strangers/foreign-file.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { KeyCensus } from './key-census.js';
import type { SlicePlace } from '../../storage-io/views/composed-file-system.js';
import type { Arrangement } from '../survey/arrangement.js';
import type { Replica } from '../replica/replica.js';
import { LostKeys } from './lost-keys.js';
import { LostTotal } from './lost-total.js';
import type { Filled, FilledAmount, LostChange, LostKey, Mended, NotTaken, RepairEvent } from './report.js';

const TELL_EACH_BYTES = 32 * 1024 * 1024;

/**
 * The running totals of a repair, kept and lost, and the limit of its losses.
 *
 * Invariant: `lostBytes` and `tornBytes` together never pass `lossBytesMax`: whatever would let them, throws.
 */
export class RepairAccount {
  #fileSystem: FileSystem;
  #placeOf = (path: string, offset: number): SlicePlace => ({ path, offset });
  #madeUpFor = 0;
  /** Lost records of logs that do not number them. */
  #lostUnnumbered = 0;
  #isUnnumberedExact = true;
  #areKeysCounted = true;
  #doneBytes = 0;
  #untoldBytes = 0;
  readonly #path: string;
  readonly #lossBytesMax: number;
  readonly lostKeys = new LostKeys();
  readonly census = new KeyCensus();
  /** Keys of kinds that count them by themselves. */
  keys = 0;
  keptRecords = 0;
  keptBytes = 0;
  /** Lost records that have numbers, core by core. */
  readonly lostTotal = new LostTotal();
  lostBytes = 0;
  lostKeyCount = 0;
  /** Lost records of which something is left that tells their changes. */
  madeOutRecords = 0;
  /** Changes that were lost and are listed without a key. */
  lostUnnamed = 0;
  /** Bytes of unfinished last writes: cut, and no loss, since they were never acknowledged. */
  tornBytes = 0;
  gaps = 0;
  torn = 0;
  totalBytes = 0;
  /** Names of segments that are made empty: those of their cores are missing. */
  readonly madeEmpty: string[] = [];
  /** Older values may stand for newer ones: nothing proves the order of a log's changes. */
  mayBeOlder = false;
  /** Records, or files, that were put right. */
  mended = 0;
  /** How much comes from the replica. */
  filled: FilledAmount = { places: 0, records: 0, bytes: 0 };
  /** Another copy of the source, which may hold what is missing of it. */
  replica: Replica | undefined;
  /** Given each finding of something lost, or of a last write that is left out, where its file is read, and where it lies on disk. */
  onLost: ((source: FileSystem, finding: Finding, place: SlicePlace, key?: Uint8Array) => void) | undefined;
  /** How far damaged records are put right. */
  readonly mendScope: MendScope;

  /** @param path the source, for messages */
  constructor(
    fileSystem: FileSystem,
    path: string,
    lossBytesMax = Infinity,
    mendScope: MendScope = 'length',
  ) {
    this.mendScope = mendScope;
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#lossBytesMax = lossBytesMax;
  }

  /** The file system that reads the source and writes the new place. */
  get fileSystem(): FileSystem {
    return this.#fileSystem;
  }

  /**
   * From now on the source is read as it should lie, and what is told of it names where it does lie. Tells what was elsewhere.
   * @throws StatelogError `LOSS_LIMIT`
   */
  *readThrough({ fileSystem, findings, placeOf }: Arrangement): Generator<RepairEvent, void> {
    for (const finding of findings) yield this.take(finding);
    const placeBefore = this.#placeOf;
    this.#fileSystem = fileSystem;
    this.#placeOf = (path, offset) => {
      const place = placeOf(path, offset);
      return placeBefore(place.path, place.offset);
    };
  }

  /** Counts and tells of what was put right: nothing is lost with it. */
  tellMended(mended: Mended): RepairEvent {
    this.mended += 1;
    return { mended };
  }

  /** Counts and tells of what a replica makes up for: nothing is lost with it. */
  tellFilled(filled: Filled): RepairEvent {
    const { places, records, bytes } = this.filled;
    this.filled = { places: places + 1, records: records + filled.records, bytes: bytes + filled.bytes };
    const { path, offset } = this.#placeOf(filled.file, filled.offset);
    return { filled: { ...filled, file: path, offset } };
  }

  /** Tells of what a replica has, and could not prove. */
  tellNotTaken(notTaken: NotTaken): RepairEvent {
    return { notTaken };
  }

  /**
   * Takes a finding: its bytes, and the records that it says, are lost if it is damage, and cut if it is an unfinished last write.
   * @throws StatelogError `LOSS_LIMIT`
   */
  take(finding: Finding): RepairEvent {
    if (finding.severity === 'damage') this.gaps += 1;
    if (finding.severity === 'damage') this.lose(finding.bytes);
    if (finding.severity === 'damage' && finding.lost !== undefined)
      this.lostTotal.take(finding.lost, finding.file);
    if (finding.severity === 'torn') this.#cut(finding);
    if (finding.severity !== 'notice' && finding.class !== 'zero-tail') this.#keep(finding);
    return this.tell(finding);
  }

  /** Records that are lost: as many as their neighbours' numbers, or what is left of them, tell of. */
  get lostRecords(): number {
    return this.#lostUnnumbered + this.lostTotal.records;
  }

  /** True where that is how many; else it is at least so many. */
  get isLostExact(): boolean {
    return this.#isUnnumberedExact && this.lostTotal.isExact;
  }

  /** True where `lostKeyCount` and `lostUnnamed` are all changes that were lost; else they are at least so many. */
  get areKeysExact(): boolean {
    return this.#areKeysCounted && this.isLostExact && this.lostRecords <= this.madeOutRecords;
  }

  /** @returns tells that something sound holds what all records did that were lost since: no key is lost with them */
  coverOfLosses(): () => void {
    const [lost, madeOut] = [this.lostRecords, this.madeOutRecords];
    return () => {
      this.madeOutRecords = madeOut + this.lostRecords - lost;
    };
  }

  /** Counts lost keys that nothing names. @param keys undefined where nobody knows how many */
  loseNamelessKeys(keys: number | undefined): void {
    this.lostKeyCount += keys ?? 0;
    this.#areKeysCounted &&= keys !== undefined;
  }

  /** Counts lost records that have no numbers. @param isExact false where it is at least so many */
  loseRecords(records: number, isExact: boolean): void {
    this.#lostUnnumbered += records;
    this.#isUnnumberedExact &&= isExact;
  }

  /** Takes damage that costs nothing: something else makes up for all of it. */
  takeMadeUpFor(finding: Finding): RepairEvent {
    this.#madeUpFor += 1;
    return this.take(finding);
  }

  /** Takes a file that cannot be opened, or not read through: whatever is in it, or behind that, is missing. */
  tellUnopened(finding: Finding): RepairEvent {
    if (finding.severity === 'damage') this.gaps += 1;
    this.#areKeysCounted &&= finding.severity !== 'damage';
    return { finding };
  }

  /** Takes a place that cannot be read: what is lost with it was taken by itself. */
  tellUnreadable(finding: Finding): RepairEvent {
    this.gaps += 1;
    this.#madeUpFor += 1;
    return { finding };
  }

  /** True where nothing that was there is missing. */
  get isWhole(): boolean {
    return this.gaps === this.#madeUpFor && this.lostRecords === 0 && this.lostKeyCount === 0;
  }

  /** Passes a finding on that may have cost nothing: what is lost of it is counted by itself. */
  tell(found: Finding): RepairEvent {
    const finding = withStranger(this.#fileSystem, found);
    const { path, offset } = this.#placeOf(finding.file, finding.offset);
    if (path === finding.file && offset === finding.offset) return { finding };
    // Where its neighbours lie is not to be said by an offset then.
    return { finding: { ...finding, file: path, offset, lastGood: undefined, nextGood: undefined } };
  }

  /** Passes on what is wrong with a state file, whose entries are counted by themselves, and keeps the bytes of it. */
  tellOfState(finding: Finding): RepairEvent {
    if (finding.severity === 'damage') this.#keep(finding);
    return this.tell(finding);
  }

  /**
   * Counts the bytes of a value that is lost, and keeps them.
   * @param value where it lies; without bytes where that is not known
   * @param key the key that it is of, where that is proven
   * @throws StatelogError `LOSS_LIMIT`
   */
  loseValueBytes(value: Pick<Finding, 'file' | 'offset' | 'bytes'>, key: Uint8Array | undefined): void {
    this.lose(value.bytes);
    const message = 'a value that cannot be read as it was written';
    if (value.bytes > 0) this.#keep({ ...value, severity: 'damage', class: 'value-mismatch', message }, key);
  }

  #keep(finding: Finding, key?: Uint8Array): void {
    this.onLost?.(this.#fileSystem, finding, this.#placeOf(finding.file, finding.offset), key);
  }

  /** @throws StatelogError `LOSS_LIMIT` */
  lose(bytes: number): void {
    this.lostBytes += bytes;
    this.#checkLimit();
  }

  #cut({ class: kind, bytes }: Finding): void {
    this.torn += 1;
    if (kind !== 'zero-tail') this.tornBytes += bytes;
    this.#checkLimit();
  }

  #checkLimit(): void {
    const bytes = this.lostBytes + this.tornBytes;
    if (bytes <= this.#lossBytesMax) return;
    throw new StatelogError('LOSS_LIMIT', 'the repair would lose more than it may', {
      path: this.#path,
      expected: `at most ${this.#lossBytesMax} bytes`,
      found: `${bytes} bytes, up to where it stopped`,
      safe: 'nothing was written',
      hint: 'run it with --dry-run and without --max-loss to see all that would be lost',
    });
  }

  /** Takes note that so many bytes were read; true when it is time to tell. */
  hasRead(bytes: number): boolean {
    this.#untoldBytes += bytes;
    return this.#untoldBytes >= TELL_EACH_BYTES;
  }

  /** How far it has come. */
  progress(): RepairEvent {
    this.#doneBytes += this.#untoldBytes;
    this.#untoldBytes = 0;
    return { progress: { doneBytes: this.#doneBytes, totalBytes: this.totalBytes } };
  }

  loseKey(lostKey: LostKey): RepairEvent {
    this.lostKeyCount += 1;
    return { lostKey: this.#placed(lostKey) };
  }

  /** Counts and tells of a change whose key is not known. */
  loseUnnamed(lostChange: LostChange): RepairEvent {
    this.lostUnnamed += 1;
    return { lostChange: this.#placed(lostChange) };
  }

  /** Tells of a value that is lost; its key only where that is proven, or known from elsewhere. */
  loseValue(lostKey: LostKey, isNameProven: boolean): RepairEvent {
    const { op, file, offset, fallsBack } = lostKey;
    return isNameProven || fallsBack ? this.loseKey(lostKey) : this.loseUnnamed({ op, file, offset });
  }

  /** The losses of the log that was just read, as `LostKeys.resolve` finds them. */
  *loseChanges(isBelow?: (key: Uint8Array) => boolean | Uint8Array): Generator<RepairEvent, void> {
    for (const lostKey of this.lostKeys.resolve(isBelow)) yield this.loseKey(lostKey);
    for (const lostChange of this.lostKeys.takeNameless()) yield this.loseUnnamed(lostChange);
  }

  #placed<Change extends LostChange>(change: Change): Change {
    const { path, offset } = this.#placeOf(change.file, change.offset);
    return { ...change, file: path, offset };
  }
}
