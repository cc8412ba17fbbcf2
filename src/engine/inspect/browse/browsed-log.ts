import type { Finding } from '../../finding.js';
import type { Steps } from '../../steps.js';
import type { LogFile } from './log-file.js';
import type { LogReader, ShownRecord } from './log-reader.js';
import { SparseIndex } from './sparse-index.js';

/** Records that are read in one step. */
const RECORDS_A_STEP = 1_024;

/** A record and its number, from 0 on; or what is wrong between two. */
export type PageItem =
  { readonly record: ShownRecord; readonly number: number } | { readonly finding: Finding };

/** Records of a log that lie one after the other. */
export interface LogPage {
  readonly items: readonly PageItem[];
  /** Start of the next record; undefined at the end. */
  readonly next: number | undefined;
  /** Whether there is anything before the first of them. */
  readonly hasBefore: boolean;
}

/**
 * One file of a log, read where somebody looks. It is read through once, for a sparse index; pages, and what is looked for, are
 * read from the block on in which they lie. Memory does not grow with the file. All work is done in small steps.
 */
export class BrowsedLog {
  readonly file: LogFile;
  readonly index = new SparseIndex();

  constructor(file: LogFile) {
    this.file = file;
  }

  /** Reads all of it, for the index. @throws StatelogError what reading throws */
  *indexing(): Steps<void> {
    const { index } = this;
    for (const reader of recordsFrom(this.file.open())) {
      if (reader === undefined) yield;
      else {
        index.add(reader.offset, reader.sequence, reader.time);
        index.end = reader.offset + reader.recordBytes;
      }
    }
    index.isWhole = true;
  }

  /**
   * A page of records: the first is the one that an offset lies in, or the next behind it.
   * @throws StatelogError what reading throws
   */
  *page(at: number, count: number): Steps<LogPage> {
    const items: PageItem[] = [];
    const block = this.index.blockAt(at);
    let number = this.index.recordsBefore(block);
    const reader = this.#openBlock(block);
    let next: number | undefined;
    let first: number | undefined;
    try {
      for (let event = reader.next(), steps = 1; event !== 'end'; event = reader.next(), steps++) {
        if (steps % RECORDS_A_STEP === 0) yield;
        if (event === 'finding') {
          const finding = reader.finding!;
          if (finding.offset + finding.bytes > at) items.push({ finding });
        } else {
          const isWanted = reader.offset + reader.recordBytes > at;
          if (isWanted && items.length >= count) {
            next = reader.offset;
            break;
          }
          first ??= isWanted ? number : undefined;
          if (isWanted) items.push({ record: reader.shown(), number });
          number += 1;
        }
      }
    } finally {
      reader.close();
    }
    return { items, next, hasBefore: (first ?? number) > 0 };
  }

  /** Start of the page of so many records that ends right before an offset. @throws StatelogError what reading throws */
  *startBefore(before: number, count: number): Steps<number> {
    let block = this.index.blockAt(Math.max(0, before - 1));
    let found: number[] = [];
    for (let end = before; ; block--) {
      const offsets: number[] = [];
      for (const reader of recordsFrom(this.#openBlock(block))) {
        if (reader === undefined) yield;
        else if (reader.offset >= end) break;
        else offsets.push(reader.offset);
        // A block that is not indexed yet may be any size.
        if (offsets.length > 2 * count) offsets.splice(0, count);
      }
      found = [...offsets, ...found].slice(-count);
      if (found.length >= count || block === 0) return found[0] ?? 0;
      end = this.index.offsetOf(block) ?? 0;
    }
  }

  /**
   * Start of the first record with a number, or a time, at least as great as asked for; undefined where there is none. Numbers
   * are exact.
   * @throws StatelogError what reading throws
   */
  *firstWith(what: 'sequence' | 'time', least: bigint): Steps<number | undefined> {
    const block = this.index.firstBlockWith(what, Number(least));
    const rounded = Number(least);
    for (const reader of recordsFrom(this.#openBlock(block))) {
      if (reader === undefined) yield;
      else if (reader[what] >= rounded && exactly(reader, what) >= least) return reader.offset;
    }
    return undefined;
  }

  /** Start of the first record at or behind an offset that changes a key. @throws StatelogError what reading throws */
  *nextOf(key: Uint8Array, from: number): Steps<number | undefined> {
    for (const reader of recordsFrom(this.#openBlock(this.index.blockAt(from)))) {
      if (reader === undefined) yield;
      else if (reader.offset >= from && reader.isOf(key)) return reader.offset;
    }
    return undefined;
  }

  /** Start of the last record before an offset that changes a key. @throws StatelogError what reading throws */
  *previousOf(key: Uint8Array, before: number): Steps<number | undefined> {
    let end = before;
    for (let block = this.index.blockAt(before); block >= 0; block--) {
      let found: number | undefined;
      for (const reader of recordsFrom(this.#openBlock(block))) {
        if (reader === undefined) yield;
        else if (reader.offset >= end) break;
        else if (reader.isOf(key)) found = reader.offset;
      }
      if (found !== undefined) return found;
      end = this.index.offsetOf(block) ?? 0;
    }
    return undefined;
  }

  /** The first block begins where the file does: bad bytes before the first record are told, too. */
  #openBlock(block: number): LogReader {
    return this.file.open(block === 0 ? undefined : this.index.offsetOf(block));
  }
}

/** Good records to the end, with undefined where a step is over; the reader is closed at the end, or where it is left. */
function* recordsFrom(reader: LogReader): Generator<LogReader | undefined, void> {
  try {
    let left = RECORDS_A_STEP;
    for (let event = reader.next(); event !== 'end'; event = reader.next()) {
      if (--left === 0) {
        left = RECORDS_A_STEP;
        yield undefined;
      }
      if (event === 'record') yield reader;
    }
  } finally {
    reader.close();
  }
}

function exactly(reader: LogReader, what: 'sequence' | 'time'): bigint {
  const { sequence = 0n, timestampNs = 0n } = reader.shown();
  return what === 'sequence' ? sequence : timestampNs;
}
