import { dirname } from 'node:path';
import { equalBytes } from '../../bytes/compare.js';
import { isStatelogError } from '../../errors.js';
import { isInRange } from '../../entry-range.js';
import type { Finding } from '../../finding.js';
import { CURSOR_TYPE, HEADER_BYTES, PUT_TYPE } from '../../fold/format/format.js';
import { isGroupMark } from '../../fold/format/group-mark.js';
import type { FoldRecord } from '../../fold/format/record.js';
import type { OpenLog } from '../../fold/record/log-window.js';
import { FoldScanner } from '../../fold/scan/scanner.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { FoldNet } from './fold-net.js';
import { KnownEntries, nameOf } from './known-entries.js';
import { GONE, told, WAITING, type WatchedStore, type WatchStep } from './watch-step.js';
import type { WatchOptions } from './watched-directory.js';

/** Bytes compared before the place where reading goes on, to tell that the file is still the one it was. */
const MARK_BYTES = 64;

/**
 * The changes of a fold log: its entries, in key order, and then every record that is appended. Of a file in its place the
 * entries that were told are known again by value and revision: a compaction tells of nothing, and what was appended behind it goes
 * on; of any other file there comes what differs, in key order.
 *
 * Invariants:
 * - every put and delete before `#resume` in `#descriptor` was told, and is in `#known`;
 * - a file that has replaced ours is read once ours was read to its end, which no writer changes any more.
 */
export class WatchedFold implements WatchedStore {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #options: WatchOptions;
  readonly #known = new KnownEntries();
  readonly #steps: Generator<WatchStep, void>;
  #descriptor: FileDescriptor;
  #identity: string;
  readonly #replacements: { readonly descriptor: FileDescriptor; readonly identity: string }[] = [];
  #resume = HEADER_BYTES;
  /** The bytes before `#resume`. */
  #mark: Uint8Array = new Uint8Array(0);
  #cursor: Uint8Array | undefined;
  /** Damage that was seen at the last look, and may have been a write that was under way. */
  #suspected: Finding | undefined;

  /** @throws StatelogError what opening throws; `DAMAGED`, `UNKNOWN_FORMAT` from the first step on */
  constructor(fileSystem: FileSystem, path: string, options: WatchOptions) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#options = options;
    this.#descriptor = fileSystem.openRead(path);
    this.#identity = fileSystem.statusOf(this.#descriptor).identity;
    this.#steps = this.#watch();
  }

  get folders(): readonly string[] {
    const given = dirname(this.#path);
    const real = dirname(this.#realPath());
    return given === real ? [given] : [given, real];
  }

  next(): WatchStep {
    const step = this.#steps.next();
    return step.done === true ? GONE : step.value;
  }

  hold(): void {
    const newest = this.#replacements.at(-1)?.identity ?? this.#identity;
    const found = this.#fileSystem.statusFollowing(this.#path);
    if (found?.kind !== 'file' || found.identity === newest) return;
    const descriptor = this.#open();
    if (descriptor === undefined) return;
    const { identity } = this.#fileSystem.statusOf(descriptor);
    this.#replacements.push({ descriptor, identity });
  }

  close(): void {
    const waiting = this.#replacements.splice(0).map(({ descriptor }) => descriptor);
    for (const descriptor of [this.#descriptor, ...waiting]) closeQuietly(this.#fileSystem, descriptor);
  }

  *#watch(): Generator<WatchStep, void> {
    yield* this.#differences(this.#options.withContent);
    for (;;) {
      // First: what is written to a file that was replaced before this look was written before it was replaced.
      this.hold();
      if (this.#isWhatItWas()) yield* this.#appended();
      else yield* this.#differences(true);
      const replacement = this.#replacements.shift();
      if (replacement !== undefined) {
        this.#fileSystem.close(this.#descriptor);
        this.#descriptor = replacement.descriptor;
        this.#identity = replacement.identity;
        yield* this.#goOn();
        continue;
      }
      if (this.#fileSystem.statusFollowing(this.#path)?.kind === 'directory') return;
      yield WAITING;
    }
  }

  /** Goes on in another file: behind the compact form of what was told, or else with what differs. */
  *#goOn(): Generator<WatchStep, void> {
    const end = this.#endOfCompactForm();
    if (end === undefined) yield* this.#differences(true);
    else this.#goOnAt(end);
  }

  /** End of the puts with which a file starts, where they are all that was told, in key order; undefined for any other file. */
  #endOfCompactForm(): number | undefined {
    const scanner = new FoldScanner(this.#log());
    const { record } = scanner;
    let lastName = '';
    for (let count = 0; count < this.#known.count; count++) {
      if (scanner.next() !== 'record' || record.type !== PUT_TYPE) return undefined;
      const name = nameOf(record);
      if ((count > 0 && name <= lastName) || !this.#known.knows(record)) return undefined;
      lastName = name;
    }
    return Math.max(scanner.position, HEADER_BYTES);
  }

  /** Tells the differences between the file as a whole and all that was told, in key order. */
  *#differences(areTold: boolean): Generator<WatchStep, void> {
    const log = this.#log();
    const net = FoldNet.read(log);
    const names = new Set([...net.names(), ...this.#known.names()]);
    for (const name of [...names].sort()) {
      const record = net.recordOf(name);
      if (record === undefined) {
        this.#known.forget(name);
        const key = new Uint8Array(Buffer.from(name, 'latin1'));
        if (areTold && this.#takes(key)) yield told({ op: 'delete', key, value: undefined });
      } else if (!this.#known.knows(record)) {
        this.#known.take(record);
        if (areTold) yield* this.#change(record);
      }
    }
    this.#goOnAt(net.end);
    yield* this.#moved(net.cursor, areTold);
  }

  /** The records behind what was read. */
  *#appended(): Generator<WatchStep, void> {
    const scanner = new FoldScanner(this.#log(), {
      isLocked: () => true,
      from: this.#resume,
      isAppended: true,
    });
    const { record } = scanner;
    let cursor: Uint8Array | undefined;
    for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
      if (step === 'finding') {
        const finding = scanner.finding!;
        if (finding.severity !== 'damage') break;
        if (finding.offset !== this.#suspected?.offset) {
          this.#suspected = finding;
          break;
        }
        yield { type: 'finding', finding };
        this.#goOnAt(scanner.position);
      } else if (record.type === CURSOR_TYPE) {
        // A writer may write over the last one: reading goes on before it.
        cursor = record.cursor().toBytes();
      } else {
        this.#goOnAt(record.offset + record.length);
        if (isGroupMark(record)) continue;
        this.#known.take(record);
        yield* this.#change(record);
      }
    }
    if (cursor !== undefined) yield* this.#moved(cursor, true);
  }

  *#change(record: FoldRecord): Generator<WatchStep, void> {
    const key = record.key();
    if (!this.#takes(key)) return;
    const version = record.token().toBytes();
    if (record.type === PUT_TYPE) yield told({ op: 'put', key, value: record.value(), version });
    else yield told({ op: 'delete', key, value: undefined, version });
  }

  *#moved(cursor: Uint8Array, isTold: boolean): Generator<WatchStep, void> {
    const isNew = cursor.length > 0 && (this.#cursor === undefined || !equalBytes(cursor, this.#cursor));
    this.#cursor = cursor;
    if (isNew && isTold) yield told({ op: 'cursor', cursor });
  }

  #takes(key: Uint8Array): boolean {
    return isInRange(key, this.#options.range ?? {});
  }

  #log(): OpenLog {
    const { size } = this.#fileSystem.statusOf(this.#descriptor);
    return { fileSystem: this.#fileSystem, descriptor: this.#descriptor, path: this.#path, size };
  }

  #goOnAt(offset: number): void {
    this.#resume = offset;
    this.#mark = this.#bytesBefore(offset);
  }

  /** False where the file was cut, or written anew from its start. */
  #isWhatItWas(): boolean {
    return equalBytes(this.#bytesBefore(this.#resume), this.#mark);
  }

  #bytesBefore(offset: number): Uint8Array {
    const length = Math.min(MARK_BYTES, offset);
    const bytes = new Uint8Array(length);
    const read = this.#fileSystem.read(this.#descriptor, bytes, 0, length, offset - length);
    return bytes.subarray(0, read);
  }

  #open(): FileDescriptor | undefined {
    try {
      return this.#fileSystem.openRead(this.#path);
    } catch (error) {
      // It is gone again: there is another look.
      if (isStatelogError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }

  #realPath(): string {
    try {
      return this.#fileSystem.realPath(this.#path);
    } catch (error) {
      if (isStatelogError(error)) return this.#path;
      throw error;
    }
  }
}
