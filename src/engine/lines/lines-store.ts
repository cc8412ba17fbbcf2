import { checkBytes } from '../bytes/byte-argument.js';
import { compareBytes } from '../bytes/compare.js';
import { freeCopy } from '../bytes/free-copy.js';
import { JsonLineParts } from '../bytes/text/json-line.js';
import type { EntryCursor, EntryRange } from '../entry-cursor.js';
import { itemsInRange } from '../entry-range.js';
import { StatelogError } from '../errors.js';
import type { FileDescriptor, FileSystem } from '../storage-io/interface/file-system.js';
import { cutMeanwhile } from '../storage-io/whole/write-fully.js';
import { CursorStore } from '../store/cursor-store.js';
import type { EntryVisitor, ReadableStore, StoredEntry } from '../store/store.js';
import { CheckedLines, type CheckedExport, type LinePlace } from './checked-lines.js';
import { parseExportLine } from './export-lines.js';

const CHUNK_BYTES = 256 * 1024;

/** Reads a file from end to end, holds it against what its last line says, and shows each entry and where its line lies. */
export function checkLinesFile(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  path: string,
  visit: (entry: StoredEntry, place: LinePlace) => void,
): CheckedExport {
  const lines = new CheckedLines(path, visit);
  readWhole(fileSystem, descriptor, lines);
  return lines.finish();
}

/**
 * An NDJSON export that is read where it lies. All of it is checked when it is opened; memory is that of its keys. A
 * value is read when it is asked for.
 */
export class LinesStore extends CursorStore implements ReadableStore {
  readonly kind = 'ndjson';
  readonly path: string;
  readonly notices = [];
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #keys: Uint8Array[] = [];
  readonly #places: LinePlace[] = [];
  readonly #checked: CheckedExport;

  /** @throws StatelogError as `CheckedLines` does */
  constructor(path: string, fileSystem: FileSystem) {
    super();
    this.path = path;
    this.#fileSystem = fileSystem;
    this.#descriptor = fileSystem.openRead(path);
    try {
      this.#checked = checkLinesFile(fileSystem, this.#descriptor, path, ({ key }, { start, length }) => {
        this.#keys.push(freeCopy(key));
        this.#places.push({ start, length });
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get epoch(): bigint | undefined {
    return this.#checked.header.epoch;
  }

  get cursor(): Uint8Array | undefined {
    return this.#checked.header.cursor;
  }

  get cores(): number | undefined {
    return this.#checked.header.cores;
  }

  get sources(): ReadonlyMap<string, bigint> | undefined {
    return this.#checked.header.sources;
  }

  get watermark(): bigint | undefined {
    return this.#checked.header.watermark;
  }

  get(key: Uint8Array): StoredEntry | undefined {
    checkBytes(key, 'key');
    const cursor = this.entryCursor();
    return cursor.seek(key) && compareBytes(cursor.key, key) === 0 ? cursor.entry() : undefined;
  }

  override entries(range?: EntryRange): Generator<StoredEntry, void> {
    return itemsInRange(this.entryCursor(), range, (cursor) => cursor.entry());
  }

  override lentEntries(range?: EntryRange): Iterable<StoredEntry> {
    return this.entries(range);
  }

  override forEachEntry(visit: EntryVisitor): void {
    for (const { key, value, version } of this.entries()) visit(key, value, version);
  }

  protected override entryCursor(): LinesCursor {
    return new LinesCursor(this.#keys, (index) => this.#read(index));
  }

  protected override countAll(): number {
    return this.#keys.length;
  }

  close(): void {
    this.#fileSystem.close(this.#descriptor);
  }

  /** @throws StatelogError `IO_FAILED` where the file is not what it was when it was opened */
  #read(index: number): StoredEntry {
    const parts = new JsonLineParts();
    readChunks(this.#fileSystem, this.#descriptor, this.#places[index]!, (chunk) => {
      parts.take(chunk);
    });
    const parsed = parseExportLine(parts.end());
    const isSame =
      typeof parsed !== 'string' &&
      'entry' in parsed &&
      compareBytes(parsed.entry.key, this.#keys[index]!) === 0;
    if (isSame) return parsed.entry;
    throw new StatelogError('IO_FAILED', 'the file was changed while it was read', {
      path: this.path,
      offset: this.#places[index]!.start,
      hint: 'run it again',
    });
  }
}

/** A position in the sorted keys. */
class LinesCursor implements EntryCursor {
  readonly #keys: readonly Uint8Array[];
  readonly #read: (index: number) => StoredEntry;
  #index = -1;

  constructor(keys: readonly Uint8Array[], read: (index: number) => StoredEntry) {
    this.#keys = keys;
    this.#read = read;
  }

  get key(): Uint8Array {
    return this.#keys[this.#index]!;
  }

  entry(): StoredEntry {
    return this.#read(this.#index);
  }

  value(): Uint8Array {
    return this.entry().value;
  }

  first(): boolean {
    return this.#standOn(0);
  }

  last(): boolean {
    return this.#standOn(this.#keys.length - 1);
  }

  seek(key: Uint8Array): boolean {
    return this.#standOn(this.#firstFrom(key));
  }

  seekBefore(key: Uint8Array): boolean {
    return this.#standOn(this.#firstFrom(key) - 1);
  }

  next(): boolean {
    return this.#standOn(this.#index + 1);
  }

  previous(): boolean {
    return this.#standOn(this.#index - 1);
  }

  #standOn(index: number): boolean {
    this.#index = index;
    return index >= 0 && index < this.#keys.length;
  }

  /** How many keys are less than `key`. */
  #firstFrom(key: Uint8Array): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.#keys[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Gives all bytes of a file to what checks them. */
export function readWhole(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  lines: { push(chunk: Uint8Array): void },
): void {
  const { size } = fileSystem.statusOf(descriptor);
  readChunks(fileSystem, descriptor, { start: 0, length: size }, (chunk) => {
    lines.push(chunk);
  });
}

function readChunks(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  { start, length }: LinePlace,
  take: (chunk: Uint8Array) => void,
): void {
  const end = start + length;
  for (let at = start; at < end;) {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - at));
    const count = fileSystem.read(descriptor, chunk, 0, chunk.length, at);
    if (count < chunk.length) throw cutMeanwhile(undefined, at + count);
    take(chunk);
    at += count;
  }
}
