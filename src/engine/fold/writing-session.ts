import { dirname } from 'node:path';
import { readFully, writeFully } from '../storage-io/write-fully.js';
import { compactForm, moveToCompactForm } from './compact-form.js';
import type { FoldContent } from './fold-content.js';
import { HEADER_BYTES } from './format.js';
import { replaceLocked } from './locked-replace.js';
import { LogWriter } from './log-writer.js';
import type { OpenedLog } from './open-log.js';
import { RecordSource } from './record-source.js';
import { compactBytes } from './replay.js';
import type { KvUpdate } from './update.js';
import { VersionToken, type WatchCursor } from './version-token.js';

const CHUNK_BYTES = 1024 * 1024;
/** A rewrite is worth its while once more than this part of the log is waste. */
const WASTE_MIN = 0.25;

/**
 * The writing side of an open fold.
 *
 * Invariants:
 * - The content's index always points at records that are written or in the writer's buffer.
 * - What is appended follows a cursor record that is on disk, even in a fresh or compact log: so
 *   nothing of the compact form can ever be taken for an unfinished write (tail-rule.ts).
 * - Before the first record of a session, whatever a session before may have written without its
 *   sync having succeeded is written again and synced: pages whose sync failed are clean to
 *   the kernel, and would not reach the disk by a later sync.
 */
export class WritingSession {
  readonly #content: FoldContent;
  #writer: LogWriter;
  /** The end of the log may be appended to. */
  #settled: boolean;
  #endsWithCursor: boolean;
  /** Where the bytes start that are to be written again. */
  #lastApplyStart: number;
  /** Size of the log when it was compact; of one that was there already, as if it was empty. */
  #compactSize = HEADER_BYTES;

  constructor(content: FoldContent, { replayed, fresh }: OpenedLog) {
    this.#content = content;
    this.#writer = this.#openWriter();
    this.#settled = fresh && replayed.endsWithCursor;
    this.#endsWithCursor = replayed.endsWithCursor;
    this.#lastApplyStart = fresh ? replayed.goodEnd : replayed.lastApplyStart;
  }

  /** @throws StatelogError `POISONED` once a write or sync failed */
  refuseIfPoisoned(): void {
    this.#writer.refuseIfPoisoned();
  }

  /** Bytes of the log. */
  get size(): number {
    return this.#writer.size;
  }

  /** Bytes that a rewrite would save. */
  get wasteBytes(): number {
    return this.#writer.size - compactBytes(this.#content.index, this.#content.cursor);
  }

  /** Bytes appended since the log was compact. */
  get appendedBytes(): number {
    return this.#writer.size - this.#compactSize;
  }

  /** True where a rewrite would save a good part of the log. */
  get isWasteful(): boolean {
    return this.wasteBytes > WASTE_MIN * this.#writer.size;
  }

  /** Appends a checked update and shows it; it is on disk after the next checkpoint. */
  write(update: KvUpdate): void {
    this.#settle();
    const writer = this.#writer;
    const { index } = this.#content;
    const version = update.version ?? VersionToken.unknown();
    if (update.op === 'put') {
      writer.appendPut(update.key, update.value, version);
      index.put(writer.bytes, writer.keyStart, writer.keyLength, writer.offset, writer.length);
    } else {
      writer.appendDelete(update.key, version);
      index.delete(writer.bytes, writer.keyStart, writer.keyLength);
    }
    this.#content.compactForm = false;
  }

  /** Appends a cursor, and returns once it and everything before it are on disk. */
  checkpoint(cursor: WatchCursor): void {
    this.#settle();
    this.#writer.appendCursor(cursor.version);
    this.#writer.sync();
    this.#content.cursor = cursor;
    this.#content.compactForm = false;
  }

  /** Writes the log anew in its compact form. What fails before the rename leaves the log as it was. */
  compact(): void {
    const content = this.#content;
    this.#writer.flush();
    const progress = { renamed: false };
    const chunks = compactForm(content.index, content.source, content.cursor);
    const { fileSystem, path } = content.log;
    try {
      const { descriptor, size } = replaceLocked(fileSystem, path, chunks, () => (progress.renamed = true));
      this.#writer.close();
      content.log = { fileSystem, path, descriptor, size };
    } catch (error) {
      // After the rename either file may be the one that a crash leaves: neither may be written.
      throw progress.renamed ? this.#writer.poison(error) : error;
    }
    moveToCompactForm(content.index);
    content.compactForm = true;
    this.#writer = this.#openWriter();
    this.#compactSize = content.log.size;
    this.#lastApplyStart = content.log.size;
    this.#endsWithCursor = !content.cursor.isNone;
    this.#settled = this.#endsWithCursor;
  }

  /** Drops what was not checkpointed, and frees the lock. */
  close(): void {
    this.#writer.close();
  }

  #openWriter(): LogWriter {
    const { fileSystem, path, descriptor, size } = this.#content.log;
    const writer = new LogWriter(fileSystem, path, descriptor, size);
    this.#content.source = new RecordSource(this.#content.log, writer);
    return writer;
  }

  /** Makes the end of the log one that may be appended to (see the invariants). */
  #settle(): void {
    this.#writer.refuseIfPoisoned();
    if (this.#settled) return;
    const { log, cursor } = this.#content;
    try {
      this.#writeLastApplyAgain();
      if (!this.#endsWithCursor) this.#writer.appendCursor(cursor.version);
      this.#writer.sync();
      log.fileSystem.syncDirectory(dirname(log.path));
    } catch (error) {
      throw this.#writer.poison(error);
    }
    this.#settled = true;
  }

  #writeLastApplyAgain(): void {
    const { fileSystem, descriptor, size } = this.#content.log;
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, size - this.#lastApplyStart));
    for (let offset = this.#lastApplyStart; offset < size; offset += chunk.length) {
      const length = Math.min(chunk.length, size - offset);
      readFully(fileSystem, descriptor, chunk, 0, length, offset);
      writeFully(fileSystem, descriptor, chunk, 0, length, offset);
    }
  }
}
