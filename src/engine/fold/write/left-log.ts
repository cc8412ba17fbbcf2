import { equalBytes } from '../../bytes/compare.js';
import { isStatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { goesOnFrom, type KnownEnd, knownEndOf } from '../../storage-io/owners/known-end.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { CURSOR_TYPE, TYPE_AT } from '../format/format.js';
import { compactForm } from '../lookup/compact-form.js';
import { FoldRecordSource } from '../lookup/record-source.js';
import { type OpenLog, readLog } from '../record/log-window.js';
import { replayLog } from '../scan/replay.js';

/**
 * A fold log whose lock is let go: by it one can tell later whether the log at its path goes on from there. Updates by others
 * do, and so does a compaction: the file stays open, so that what it held in the end can be told from anything else that
 * lies in its place. A log that was compacted, written to and compacted once more is taken for another one.
 */
export class LeftLog {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #descriptor: FileDescriptor;
  readonly #end: KnownEnd;

  /** @throws StatelogError what the file system throws */
  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#descriptor = fileSystem.openRead(path);
    this.#end = knownEndOf(fileSystem, this.#descriptor);
  }

  /** The change since then, as the end of a sentence; undefined where it goes on. */
  change(): string | undefined {
    const kind = this.#fileSystem.statusFollowing(this.#path)?.kind;
    if (kind === undefined) return 'was moved or removed';
    return kind === 'file' && this.#goesOn() ? undefined : 'was restored, cut or replaced';
  }

  /** Frees the file. */
  close(): void {
    closeQuietly(this.#fileSystem, this.#descriptor);
  }

  /** False also where it cannot be told. */
  #goesOn(): boolean {
    try {
      const log = this.#opened(this.#fileSystem.openRead(this.#path));
      try {
        if (goesOnFrom(this.#fileSystem, log.descriptor, this.#end)) return true;
        return this.#isReplacedBy(log) && this.#isCompactedAs(log);
      } finally {
        closeQuietly(this.#fileSystem, log.descriptor);
      }
    } catch (error) {
      if (isStatelogError(error)) return false;
      throw error;
    }
  }

  #isReplacedBy({ descriptor }: OpenLog): boolean {
    const [left, found] = [this.#descriptor, descriptor].map(
      (one) => this.#fileSystem.statusOf(one).identity,
    );
    return left !== found;
  }

  /** True for a log that begins with the compact form of all that the file held when it lost its name. */
  #isCompactedAs(log: OpenLog): boolean {
    const left = this.#opened(this.#descriptor);
    const { index, cursor } = replayLog(left);
    let end = 0;
    for (const chunk of compactForm(index, new FoldRecordSource(left), cursor)) {
      if (!equalBytes(chunk, bytesAt(log, end, chunk.length))) return false;
      end += chunk.length;
    }
    // Whoever goes on with a compact log without a cursor writes one first.
    const next = bytesAt(log, end, TYPE_AT + 1);
    return !cursor.isNone || next.length === 0 || next[TYPE_AT] === CURSOR_TYPE;
  }

  #opened(descriptor: FileDescriptor): OpenLog {
    const { size } = this.#fileSystem.statusOf(descriptor);
    return { fileSystem: this.#fileSystem, path: this.#path, descriptor, size };
  }
}

/** Bytes of a log, fewer where it ends. */
function bytesAt(log: OpenLog, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, log.size - offset)));
  readLog(log, bytes, 0, bytes.length, offset);
  return bytes;
}
