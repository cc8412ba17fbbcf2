import { dirname } from 'node:path';
import { StatelogError, isStatelogError } from '../../errors.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { compactBytes, compactForm, moveToCompactForm } from '../lookup/compact-form.js';
import type { FoldContent } from './fold-content.js';
import { HEADER_BYTES } from '../format/format.js';
import { GROUP_MARK_KEY } from '../format/group-mark.js';
import { replaceLocked } from './locked-replace.js';
import { LogWriter } from './log-writer.js';
import { isMountPoint, orMountPoint, writeAgain } from './mounted-log.js';
import type { OpenedLog } from './open-log.js';
import { cursorBytes } from '../format/record-encoder.js';
import { LongerLog } from './longer-log.js';
import type { KeyedUpdate, KvUpdate } from '../format/update.js';
import { VersionToken } from '../format/version-token.js';
import type { WatchCursor } from '../format/watch-cursor.js';

/** A rewrite is worth its while once more than this part of the log is waste. */
const WASTE_MIN = 0.25;

/**
 * The writing side of an open fold.
 *
 * Invariants:
 * - The content's index always points at records that are written or in the writer's buffer.
 * - What is appended follows a cursor record that is on disk, even in a fresh or compact log: so
 *   nothing of the compact form can ever be taken for an unfinished write (tail-rule.ts).
 * - Nothing that was acknowledged is ever written over. A closing cursor is: it says nothing new.
 * - A cursor is on disk only where what it speaks of is (`syncWithCursor`).
 * - What a cursor remembers of its bucket goes over to the next (`WatchCursor.movedTo`).
 */
export class WritingSession {
  readonly #content: FoldContent;
  #writer: LogWriter;
  /** The end of the log may be appended to. */
  #settled = false;
  #endsWithCursor: boolean;
  /** Start of the first write: the end of the log, or its closing cursor. */
  #appendAt: number | undefined;
  /** Something was written since the last checkpoint; since the log was opened or compact. */
  #hasUncheckpointed = false;
  #hasAppended = false;
  /** No other file can take the log's place: it is not rewritten any more. */
  #isMounted = false;
  /** Size of the log when it was compact; of one that was there already, as if it was empty. */
  #compactSize = HEADER_BYTES;

  constructor(content: FoldContent, { replayed, fresh }: OpenedLog) {
    this.#content = content;
    this.#writer = this.#openWriter();
    this.#endsWithCursor = replayed.endsWithCursor;
    this.#appendAt = fresh ? content.log.size : replayed.appendAt;
  }

  /** @throws StatelogError `POISONED` once a write or sync failed */
  refuseIfPoisoned(): void {
    this.#writer.refuseIfPoisoned();
  }

  /** @throws StatelogError `STORE_REPLACED` where the path means another log than the open one */
  checkHeld(): void {
    this.#writer.checkHeld();
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
    return !this.#isMounted && this.wasteBytes > WASTE_MIN * this.#writer.size;
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
    this.#hasUncheckpointed = true;
  }

  /**
   * Says that what is written from here on to the next cursor belongs together.
   * @throws StatelogError `NOT_REPRESENTABLE` where an entry has the key that says so
   */
  markGroup(): void {
    const { index } = this.#content;
    if (index.find(GROUP_MARK_KEY, 0, GROUP_MARK_KEY.length)) {
      throw new StatelogError('NOT_REPRESENTABLE', 'an entry has the key that marks groups in a fold log', {
        safe: 'nothing was written',
        hint: 'delete that key first',
      });
    }
    this.write({ op: 'delete', key: GROUP_MARK_KEY });
  }

  /** Appends a cursor, and returns once it and everything before it are on disk. */
  checkpoint(cursor: WatchCursor): void {
    this.#settle();
    const next = this.#content.cursor.movedTo(cursor);
    this.#writer.syncWithCursor(next);
    this.#content.cursor = next;
    this.#content.compactForm = false;
    this.#hasUncheckpointed = false;
    this.#hasAppended = true;
  }

  /** Writes the log anew in its compact form. What fails before the rename leaves the log as it was. */
  compact(): void {
    const content = this.#content;
    this.#writer.flush();
    this.#replaceLog(compactForm(content.index, content.source, content.cursor));
    moveToCompactForm(content.index);
    content.compactForm = true;
    this.#compactSize = content.log.size;
    this.#appendAt = content.log.size;
    this.#endsWithCursor = !content.cursor.isNone;
  }

  /**
   * Puts another file in place of the log: its bytes as they are, then updates and the cursor. A crash leaves the one
   * file or the other, never a part of the updates. What fails before the rename leaves the log as it was.
   */
  replaceWith(updates: readonly KeyedUpdate[], cursor: WatchCursor): void {
    const content = this.#content;
    this.#writer.flush();
    const log = { ...content.log, size: this.#writer.size };
    const next = content.cursor.movedTo(cursor);
    // What is appended follows a cursor (see the invariants), and two at the end say that all is on disk.
    const between = this.#endsWithCursor && !this.#settled ? undefined : content.cursor;
    const longer = new LongerLog(log, { updates, between, cursor: next });
    this.#replaceLog(longer.chunks());
    longer.addTo(content.index);
    content.cursor = next;
    content.compactForm = false;
    this.#appendAt = content.log.size - cursorBytes(next);
    this.#endsWithCursor = true;
  }

  /** After so many bytes were appended, writes a wasteful log anew; a failure of that is only told. */
  compactIfWasteful(thresholdBytes: number, onWarning?: (warning: StatelogError) => void): void {
    if (this.appendedBytes <= thresholdBytes || !this.isWasteful) return;
    try {
      this.compact();
    } catch (error) {
      if (!isStatelogError(error)) throw error;
      onWarning?.(error);
    }
  }

  /** Puts the bytes in the log's place, and goes on with that file. */
  #replaceLog(chunks: Iterable<Uint8Array>): void {
    const content = this.#content;
    const progress = { renamed: false };
    const { fileSystem, path } = content.log;
    try {
      const { descriptor, size } = replaceLocked(
        fileSystem,
        path,
        chunks,
        () => (progress.renamed = true),
        () => {
          this.#writer.checkHeld();
        },
      );
      content.log = { fileSystem, path, descriptor, size };
    } catch (error) {
      // After the rename either file may be the one that a crash leaves: neither may be written.
      if (progress.renamed) throw this.#writer.poison(error);
      this.#isMounted ||= isMountPoint(error);
      throw orMountPoint(error, path);
    }
    const before = this.#writer;
    try {
      this.#writer = this.#openWriter();
    } catch (error) {
      closeQuietly(fileSystem, content.log.descriptor);
      throw before.poison(error);
    }
    before.close();
    this.#settled = false;
    this.#hasUncheckpointed = false;
    this.#hasAppended = false;
  }

  /** Drops what was not checkpointed, says so if there was nothing to drop, and frees the lock. */
  close(): void {
    try {
      const endsWithCursor = this.#settled || this.#endsWithCursor;
      if (this.#writer.isPoisoned) {
        this.#writer.rollBack(endsWithCursor ? this.#content.cursor : undefined);
      } else if (this.#hasAppended && !this.#hasUncheckpointed) this.#writeClosingCursor();
    } finally {
      this.#writer.close();
    }
  }

  /** Two cursors at the end tell the next one who opens the log that all before them was synced. */
  #writeClosingCursor(): void {
    try {
      this.#writer.appendCursor(this.#content.cursor);
      this.#writer.sync();
    } catch (error) {
      // Nothing is lost by it: the next one to open the log writes it anew.
      if (!isStatelogError(error)) throw error;
    }
  }

  /** Makes sure that all of the log is on disk. */
  #refresh(): void {
    try {
      this.compact();
    } catch (error) {
      if (!isMountPoint(error)) throw error;
      const { log } = this.#content;
      writeAgain(log, log.size);
      this.#writer = this.#openWriter();
      this.#appendAt = log.size;
    }
  }

  #openWriter(): LogWriter {
    const { fileSystem, path, descriptor, size } = this.#content.log;
    const writer = new LogWriter(fileSystem, path, descriptor, size);
    this.#content.readThrough(writer);
    return writer;
  }

  /**
   * Makes the log one that may be appended to (see the invariants). Where it cannot be told that all
   * of it is on disk, it is written anew: what can be read may be pages, or a name, whose sync
   * failed, which the kernel then takes for clean, so that no later sync would write them.
   */
  #settle(): void {
    this.#writer.refuseIfPoisoned();
    if (this.#settled) return;
    if (this.#appendAt === undefined) this.#refresh();
    const writer = this.#writer;
    const { log, cursor } = this.#content;
    try {
      if (!this.#endsWithCursor) {
        writer.appendCursor(cursor);
        writer.sync();
      } else if (this.#appendAt! < log.size) {
        // It goes out with what follows it, in one write.
        writer.rewindTo(this.#appendAt!);
        writer.appendCursor(cursor);
      }
      log.fileSystem.syncDirectory(dirname(log.path));
    } catch (error) {
      throw writer.poison(error);
    }
    this.#settled = true;
  }
}
