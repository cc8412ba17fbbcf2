import { readU16, readU32, readU64 } from '../../bytes/halves.js';
import type { Finding } from '../../finding.js';
import { ROOT, ROOT_BYTES, TAG_DELETE, TAG_PUT } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { HEADER, isPlausibleLength, RECORD_HEADER_BYTES } from '../../wal/format/record.js';
import { entryLengthOfRoot } from '../../wal/format/root-shape.js';
import { neighbourOf, type Neighbour } from '../../wal/mend/neighbours.js';
import { RecordReader } from '../../wal/record/record-reader.js';
import type { DamagedChange, NamelessChange } from '../account/lost-keys.js';
import { RecordProver, type ProvenRecord } from './record-prover.js';

/** Records of one gap that are looked at, from either end. */
const RECORDS_MAX = 1024;

/** The traces of records that bad bytes of a segment still show. */
export interface MadeOut {
  /** Records that can be told, whether they have keys or not. */
  readonly records: number;
  /** Changes whose keys are proven. */
  readonly changes: readonly DamagedChange[];
  /** Changes of which the key is not known, with what else of them is. */
  readonly nameless: readonly NamelessChange[];
}

interface Extent {
  readonly offset: number;
  readonly end: number;
}

/**
 * Makes out the records of gaps of one segment whose roots are whole, although their checksums fail: from a gap's start as
 * long as the headers' lengths lead on, and from its end as long as the roots say where they start. Any byte of such a
 * record may be the wrong one, so a key is told only where a `RecordProver` proves it; a number where the record has the very
 * one that its place in the gap asks for.
 */
export class GapRecords {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #prover: RecordProver;

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor, path: string) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#prover = new RecordProver(fileSystem, descriptor, path);
  }

  /** @param sequenceDue the sequence that the first lost record has; undefined where that is not known */
  makeOut(gap: Finding, sequenceDue: bigint | undefined): MadeOut {
    const { lastGood, nextGood } = gap;
    const reader = new GapReader(this.#fileSystem, this.#descriptor, this.#prover, {
      gap,
      before: this.#neighbourAt(lastGood),
      after: this.#neighbourAt(nextGood),
      sequenceDue,
    });
    return reader.read();
  }

  #neighbourAt(offset: number | undefined): Neighbour | undefined {
    if (offset === undefined) return undefined;
    const { size } = this.#fileSystem.statusOf(this.#descriptor);
    const reader = new RecordReader(this.#fileSystem, this.#descriptor, offset, size);
    return reader.check(offset) === 'good' ? neighbourOf(reader.view) : undefined;
  }
}

/** A gap, and what is known of the records beside it. */
interface GapPlace {
  readonly gap: Finding;
  readonly before: Neighbour | undefined;
  readonly after: Neighbour | undefined;
  readonly sequenceDue: bigint | undefined;
}

class GapReader {
  #records = 0;
  readonly #changes: DamagedChange[] = [];
  readonly #nameless: NamelessChange[] = [];
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #prover: RecordProver;
  readonly #place: GapPlace;
  readonly #end: number;
  readonly #header = new Uint8Array(RECORD_HEADER_BYTES);
  readonly #root = new Uint8Array(ROOT_BYTES);

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor, prover: RecordProver, place: GapPlace) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#prover = prover;
    this.#place = place;
    this.#end = place.gap.offset + place.gap.bytes;
  }

  read(): MadeOut {
    this.#readBackward(this.#readForward({ offset: this.#place.gap.offset, end: this.#end }));
    return { records: this.#records, changes: this.#changes, nameless: this.#nameless };
  }

  /** Reads records from the start on. @returns what is left where that ends */
  #readForward({ offset, end }: Extent): Extent {
    let at = offset;
    const { after } = this.#place;
    let { before, sequenceDue: due } = this.#place;
    for (let count = 0; count < RECORDS_MAX && at + RECORD_HEADER_BYTES < end; count++) {
      const statedEnd = this.#statedEnd(at);
      const extent = { start: at, end: statedEnd ?? end, isEndKnown: statedEnd !== undefined, gapEnd: end };
      const proven = this.#prover.prove({ ...extent, before, after });
      const next = proven?.end ?? statedEnd;
      if (next === undefined) break;
      if (proven === undefined) this.#takeNameless(at, due);
      else this.#take(at, proven);
      before = neighbourAfter(before, proven?.view);
      due = proven === undefined ? nextOf(due) : proven.view.sequence + 1n;
      at = next;
    }
    return { offset: at, end };
  }

  /** Reads records from the end back; those found last come first. */
  #readBackward({ offset, end }: Extent): void {
    let at = end;
    let { after } = this.#place;
    let due = after === undefined ? undefined : after.sequence - 1n;
    for (let count = 0; count < RECORDS_MAX; count++) {
      if (at - ROOT_BYTES < offset || !this.#readRoot(at)) break;
      const length = entryLengthOfRoot(this.#root, 0);
      const start = at - length - RECORD_HEADER_BYTES;
      if (length < ROOT_BYTES || start < offset) break;
      const isSure = this.#statedEnd(start) === at;
      if (!isSure) this.#readRoot(at);
      // Bytes of a value may look like a root: either the header, or the number has to bear it out.
      if (!isSure && this.#sequence !== due) break;
      const place = { start, end: at, isEndKnown: true, gapEnd: at };
      const proven = this.#prover.prove({ ...place, before: undefined, after });
      if (proven === undefined) this.#takeNameless(start, due);
      else this.#take(start, proven);
      due = due === undefined ? undefined : due - 1n;
      after = after === undefined ? undefined : { ...after, sequence: after.sequence - 1n };
      at = start;
    }
  }

  /** Takes a record of which it is known what it was. */
  #take(offset: number, { view, hasKey }: ProvenRecord): void {
    this.#records += 1;
    const op = opOf(view.tag);
    const { sequence, epoch, timestampNs, coreId } = view;
    // An older copy is no loss.
    if (op === undefined || sequence < (this.#place.sequenceDue ?? 0n)) return;
    const { file } = this.#place.gap;
    const change = { op, file, offset, written: { epoch, timestampNs }, sequence, coreId };
    if (hasKey) {
      const key = view.bytes.slice(view.keyStart, view.keyStart + view.keyLength);
      this.#changes.push({ key, ...change });
    } else this.#nameless.push(change);
  }

  /** Takes a record whose root is at hand, and of which any byte may be wrong. @param due the sequence that its place asks for */
  #takeNameless(offset: number, due: bigint | undefined): void {
    this.#records += 1;
    const op = opOf(this.#root[ROOT.tag]);
    if (op === undefined) return;
    const { file, coreId } = this.#place.gap;
    const isDue = due !== undefined && this.#sequence === due;
    const isOfCore = coreId !== undefined && readU16(this.#root, ROOT.coreId) === coreId;
    this.#nameless.push({
      op,
      file,
      offset,
      sequence: isDue ? due : undefined,
      coreId: isDue && isOfCore ? coreId : undefined,
    });
  }

  get #sequence(): bigint {
    return readU64(this.#root, ROOT.sequence);
  }

  /** End of the record at `start` by its header, if its root agrees, which is at hand then. */
  #statedEnd(start: number): number | undefined {
    if (!this.#read(this.#header, start)) return undefined;
    const length = readU32(this.#header, HEADER.length);
    const end = start + RECORD_HEADER_BYTES + length;
    if (!isPlausibleLength(length) || end > this.#end || !this.#readRoot(end)) return undefined;
    return entryLengthOfRoot(this.#root, 0) === length ? end : undefined;
  }

  #readRoot(recordEnd: number): boolean {
    return this.#read(this.#root, recordEnd - ROOT_BYTES);
  }

  #read(into: Uint8Array, position: number): boolean {
    return this.#fileSystem.read(this.#descriptor, into, 0, into.length, position) === into.length;
  }
}

function opOf(tag: number | undefined): 'put' | 'delete' | undefined {
  if (tag === TAG_PUT) return 'put';
  return tag === TAG_DELETE ? 'delete' : undefined;
}

/** The record before the next one: the one that was proven, or one that is known by its place alone. */
function neighbourAfter(
  before: Neighbour | undefined,
  view: WalEntryView | undefined,
): Neighbour | undefined {
  if (view !== undefined) return neighbourOf(view);
  return before === undefined ? undefined : { ...before, sequence: before.sequence + 1n };
}

function nextOf(sequence: bigint | undefined): bigint | undefined {
  return sequence === undefined ? undefined : sequence + 1n;
}
