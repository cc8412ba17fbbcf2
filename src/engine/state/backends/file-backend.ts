import { freeCopy } from '../../bytes/free-copy.js';
import type { Entry } from '../../entry-cursor.js';
import { isStatelogError } from '../../errors.js';
import { removeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { closeEach } from '../../storage-io/whole/close-each.js';
import {
  AUTO_COMPACT_FRAGMENTATION,
  AUTO_COMPACT_KEYS_MIN,
  STATE_HEADER_BYTES,
  fragmentationOf,
  surelyFitsIndex,
} from '../format/format.js';
import { type IndexMeasure, checkIndexFits } from '../format/index-size.js';
import type { PlaceCursor, PlaceTable } from './place-table.js';
import type { StateBackend } from './state-backend.js';
import { TableBackend } from './table-backend.js';
import type { OpenedPair, ReplacedFile } from './opened-pair.js';
import type { StateGeneration } from './state-generation.js';
import type { ValueFileAppender } from '../write/value-appender.js';
import type { StatePaths } from '../format/state-paths.js';
import { adoptDraft, discardDraft, finishRenames, startDraft, writeIndex } from './state-publication.js';
import { closedError, poisonedError } from '../format/state-refusals.js';

/** A new generation reserves room for half as much again as it starts with. */
const GROWTH_FACTOR = 1.5;

/**
 * A state store on disk: values in a state file, keys in memory. After a crash it is as the last
 * `save` left it: values are only ever appended past those that an index on disk owns, and whatever
 * starts anew (compacting, clearing, restoring) does so in a new file.
 *
 * Invariants:
 * - Every place in `table` lies in `#current`, below its `writePos`.
 * - `#published` is the generation on disk: what a crash falls back to. It is `#current`, or an
 *   older one whose file is kept open, since the lock is on it.
 * - After a write or a sync failed, everything is refused, reads too (docs/reliability.md, R8).
 */
export class FileBackend extends TableBackend implements StateBackend {
  readonly path: string;
  readonly #pair: OpenedPair;
  readonly #fileSystem: FileSystem;
  readonly #paths: StatePaths;
  #current: StateGeneration;
  #published: ReplacedFile;
  readonly #retired: ReplacedFile[] = [];
  #generationMax: bigint;
  #nextVersion: bigint;
  #measure: IndexMeasure | undefined;
  #isDirty = false;
  /** Not to be compacted by itself below this many bytes in use: it failed there because of damage. */
  #autoCompactFrom = 0;
  #isClosed = false;

  constructor(pair: OpenedPair) {
    super(pair.table);
    this.path = pair.path;
    this.#pair = pair;
    this.#fileSystem = pair.fileSystem;
    this.#paths = pair.paths;
    this.#current = pair.generation;
    this.#published = pair.published;
    this.#isDirty = pair.published !== pair.generation;
    this.#generationMax = pair.generationMax;
    this.#nextVersion = pair.nextVersion;
    this.#measure = pair.measure;
  }

  get fragmentation(): number {
    return fragmentationOf(this.table.liveBytes, this.#current.appender.writePos);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (this.refusal !== undefined) throw this.refusal;
    const slot = this.table.find(key);
    return slot < 0
      ? undefined
      : freeCopy(this.#current.peek(this.table.offsetOf(slot), this.table.lengthOf(slot)));
  }

  getRef(key: Uint8Array): Uint8Array | undefined {
    if (this.refusal !== undefined) throw this.refusal;
    const slot = this.table.find(key);
    return slot < 0 ? undefined : this.#current.view(this.table.offsetOf(slot), this.table.lengthOf(slot));
  }

  put(key: Uint8Array, value: Uint8Array): void {
    if (this.refusal !== undefined) throw this.refusal;
    const { count, keyBytes } = this.table;
    if (!surelyFitsIndex(count + 1, keyBytes + key.length)) this.#checkFits(key);
    this.#isDirty = true;
    this.table.set(key, this.#append(value), value.length);
    if (count > AUTO_COMPACT_KEYS_MIN) this.#keepTidy();
  }

  delete(key: Uint8Array): boolean {
    if (this.refusal !== undefined) throw this.refusal;
    const wasThere = this.table.remove(key);
    if (wasThere) this.#isDirty = true;
    return wasThere;
  }

  cursor(): PlaceCursor {
    if (this.refusal !== undefined) throw this.refusal;
    return this.table.cursor((offset, length) => {
      if (this.refusal !== undefined) throw this.refusal;
      return this.#current.view(offset, length);
    });
  }

  /** Writes all live values, in key order, to a new file, and puts it in place. Durable when it returns. */
  compact(): void {
    if (this.refusal !== undefined) throw this.refusal;
    this.#rewrite();
    this.save();
  }

  clear(): void {
    if (this.refusal !== undefined) throw this.refusal;
    this.#startAnew(this.#pair.initialCapacity);
  }

  restore(entries: readonly Entry[]): void {
    if (this.refusal !== undefined) throw this.refusal;
    const bytes = entries.reduce((sum, { value }) => sum + value.length, STATE_HEADER_BYTES);
    const keyBytes = entries.reduce((sum, { key }) => sum + key.length, 0);
    checkIndexFits({ count: entries.length, keyBytes }, this.path);
    this.#current.appender.checkFits(0, bytes - STATE_HEADER_BYTES);
    this.#startAnew(Math.ceil(bytes * GROWTH_FACTOR));
    for (const { key, value } of entries) this.table.set(key, this.#append(value), value.length);
    this.#nextVersion = 1n + BigInt(entries.length);
  }

  save(): void {
    if (this.refusal !== undefined) throw this.refusal;
    if (!this.#isDirty) return;
    this.#orPoison(() => {
      this.#saveIndex();
    });
    this.#isDirty = false;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const isUnpublished = this.#current !== this.#published;
    if (isUnpublished && this.refusal === undefined) removeQuietly(this.#fileSystem, this.#paths.newValues);
    this.refusal = closedError(this.path);
    this.table.clear();
    closeEach(new Set([...this.#retired, this.#current, this.#published]));
  }

  #append(value: Uint8Array): number {
    try {
      return this.#current.appender.append(value);
    } catch (error) {
      if (!isStatelogError(error, 'LIMIT_EXCEEDED')) this.refusal = poisonedError(this.path, error);
      throw error;
    }
  }

  #checkFits(key: Uint8Array): void {
    if (this.table.find(key) >= 0) return;
    const { count, keyBytes } = this.table;
    checkIndexFits({ count: count + 1, keyBytes: keyBytes + key.length }, this.path);
  }

  #keepTidy(): void {
    const { writePos } = this.#current.appender;
    if (this.table.liveBytes >= (1 - AUTO_COMPACT_FRAGMENTATION) * writePos) return;
    if (writePos < this.#autoCompactFrom) return;
    try {
      this.#rewrite();
    } catch (error) {
      // A value that rotted is no reason to refuse a put: whoever reads it will be told.
      if (!isStatelogError(error, 'DAMAGED')) throw error;
      this.#autoCompactFrom = 2 * writePos;
    }
  }

  /** Copies all live values to the next generation; nothing of it is durable yet. */
  #rewrite(): void {
    const { count, liveBytes } = this.table;
    const draft = this.#startDraft(Math.ceil((STATE_HEADER_BYTES + liveBytes) * GROWTH_FACTOR));
    let offsets: Uint32Array;
    try {
      offsets = copyLive(this.table, this.#current, draft.generation.appender);
    } catch (error) {
      discardDraft(this.#fileSystem, draft);
      if (!isStatelogError(error, 'DAMAGED')) this.refusal = poisonedError(this.path, error);
      throw error;
    }
    this.#adopt(draft);
    this.table.moveAll(offsets);
    this.#nextVersion += BigInt(count);
    this.#autoCompactFrom = 0;
  }

  #startAnew(capacity: number): void {
    this.#adopt(this.#startDraft(capacity));
    this.table.clear();
    this.#autoCompactFrom = 0;
  }

  #startDraft(capacity: number): ReturnType<typeof startDraft> {
    return this.#orPoison(() => {
      const draft = startDraft(this.#fileSystem, this.#paths, this.#generationMax + 1n, capacity);
      this.#generationMax += 1n;
      return draft;
    });
  }

  #adopt(draft: ReturnType<typeof startDraft>): void {
    this.#orPoison(() => {
      adoptDraft(this.#fileSystem, this.#paths, draft);
    });
    if (this.#current !== this.#published) this.#retire(this.#current);
    this.#current = draft.generation;
    this.#isDirty = true;
  }

  #saveIndex(): void {
    const { appender, number: generation } = this.#current;
    const isNew = this.#current !== this.#published;
    appender.sync();
    const { storeId, epoch, coreId } = this.#pair;
    const path = isNew ? this.#paths.newIndex : this.#paths.index;
    const fields = {
      writePos: appender.writePos,
      nextVersion: this.#nextVersion,
      storeId,
      generation,
      epoch,
      coreId,
      valuePageSums: appender.pageSums(),
    };
    this.#measure = writeIndex(this.#fileSystem, path, this.table, fields, this.#measure);
    if (!isNew) return;
    finishRenames(this.#fileSystem, this.#paths);
    this.#retire(this.#published);
    this.#published = this.#current;
  }

  #retire(generation: ReplacedFile): void {
    if (generation.retire()) this.#retired.push(generation);
  }

  #orPoison<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.refusal = poisonedError(this.path, error);
      throw error;
    }
  }
}

/** Copies all live values to another file, in key order; their new offsets, by slot. */
function copyLive({ keys }: PlaceTable, from: StateGeneration, to: ValueFileAppender): Uint32Array {
  const offsets = new Uint32Array(keys.slotLimit);
  const cursor = keys.cursor();
  for (let slot = cursor.first(); slot >= 0; slot = cursor.next()) {
    offsets[slot] = to.append(from.peek(keys.firstWord(slot), keys.secondWord(slot)));
  }
  return offsets;
}
