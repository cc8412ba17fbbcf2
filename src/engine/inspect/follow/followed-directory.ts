import { equalBytes } from '../../bytes/compare.js';
import { DirectoryLayout } from '../../directory/manifest/layout.js';
import { readManifestBytes } from '../../directory/manifest/manifest-file.js';
import { decodeManifest, liveEpoch, type DirectoryManifest } from '../../directory/manifest/manifest.js';
import { isStatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { closeEach } from '../../storage-io/whole/close-each.js';
import { keptLogs, type KeptLog } from '../kept-logs.js';
import { missingFile } from '../missing-file.js';
import { removedUnread } from './follow-findings.js';
import type { LogSupply } from './log-supply.js';
import { FollowedLog } from './followed-log.js';
import { FollowedSegment } from './followed-segment.js';

/**
 * The logs of a state directory, of which every checkpoint closes one and starts the next, and may remove an old one.
 * They are opened as soon as the manifest names them: what is open can still be read when it was removed.
 *
 * Invariant: every log up to `#lastEpoch` was opened, or its writer had removed it before.
 */
export class FollowedDirectory implements LogSupply {
  readonly #fileSystem: FileSystem;
  readonly #layout: DirectoryLayout;
  readonly #opened: FollowedLog[] = [];
  #manifestBytes: Uint8Array = new Uint8Array();
  #manifest: DirectoryManifest | undefined;
  #lastEpoch: bigint | undefined;
  /** The log of `#lastEpoch`; undefined before there is one. */
  #live: FollowedLog | undefined;
  /** The sequence with which each core's part of a log starts. */
  readonly #starts = new Map<FollowedLog, readonly bigint[]>();
  readonly #findings = new Map<FollowedLog, Finding[]>();

  constructor(fileSystem: FileSystem, root: string) {
    this.#fileSystem = fileSystem;
    this.#layout = new DirectoryLayout(root);
  }

  get folders(): string[] {
    const { root, wal } = this.#layout;
    return this.#lastEpoch === undefined ? [root, wal] : [root, wal, this.#layout.walOf(this.#lastEpoch)];
  }

  hold(): void {
    // A writer that takes over replaces the segments of the live log, and may close and drop it soon after.
    this.#live?.hold();
    while (this.#openNew() === 'moved') this.#manifestBytes = new Uint8Array();
  }

  look(current: FollowedLog | undefined): void {
    this.hold();
    if (current === undefined) return;
    current.isFinal = liveEpoch(this.#manifest!) > current.epoch!;
    current.lookAgain();
  }

  take(before: FollowedLog | undefined): { log: FollowedLog; findings: Finding[] } | undefined {
    const log = this.#opened.shift();
    if (log === undefined) return undefined;
    const findings = this.#findings.get(log) ?? [];
    if (before !== undefined) {
      findings.push(...this.#removedBetween(before, log));
      for (const { coreId, nextSequence } of before.segments) {
        log.segments.find((one) => one.coreId === coreId)?.passOver(nextSequence ?? 0n);
      }
      this.#starts.delete(before);
    }
    this.#findings.delete(log);
    return { log, findings };
  }

  close(): void {
    this.#live = undefined;
    closeEach(this.#opened.splice(0));
  }

  #openNew(): 'done' | 'moved' {
    const bytes = readManifestBytes(this.#fileSystem, this.#layout);
    if (equalBytes(bytes, this.#manifestBytes)) return 'done';
    const manifest = decodeManifest(bytes, this.#layout.manifest);
    for (const kept of keptLogs(manifest)) {
      if (this.#lastEpoch !== undefined && kept.epoch <= this.#lastEpoch) continue;
      if (!this.#open(manifest, kept, bytes)) return 'moved';
      this.#lastEpoch = kept.epoch;
    }
    this.#manifest = manifest;
    this.#manifestBytes = bytes;
    return 'done';
  }

  /** @returns false where a segment is gone and the manifest has moved on meanwhile */
  #open(manifest: DirectoryManifest, { epoch, before, after }: KeptLog, manifestBytes: Uint8Array): boolean {
    const log = new FollowedLog(epoch);
    const findings: Finding[] = [];
    const starts = Array.from(
      { length: manifest.cores },
      (_, core) => before?.cores[core]?.nextSequence ?? 0n,
    );
    try {
      for (const [coreId, expectedSequence] of starts.entries()) {
        const path = this.#layout.segment(epoch, coreId);
        const endSequence = after?.cores[coreId]?.nextSequence;
        const expected = { coreId, epoch, expectedSequence, endSequence, reached: log.reached };
        const options = { fileSystem: this.#fileSystem, path, ...expected };
        const segment = openIfThere(options);
        if (segment !== undefined) {
          log.add(segment);
        } else if (!equalBytes(readManifestBytes(this.#fileSystem, this.#layout), manifestBytes)) {
          log.close();
          return false;
        } else {
          findings.push(missingFile('missing-segment', path, coreId));
        }
      }
    } catch (error) {
      log.close();
      throw error;
    }
    this.#opened.push(log);
    this.#live = log;
    this.#starts.set(log, starts);
    this.#findings.set(log, findings);
    return true;
  }

  /** Finds the logs between two others that were removed before they could be opened. */
  #removedBetween(before: FollowedLog, log: FollowedLog): Finding[] {
    const starts = this.#starts.get(log)!;
    const beforeStarts = this.#starts.get(before)!;
    return starts.flatMap((start, coreId) => {
      const segment = before.segments.find((one) => one.coreId === coreId);
      const due = segment?.nextSequence ?? beforeStarts[coreId]!;
      const path = this.#layout.segment(log.epoch!, coreId);
      return start > due ? [removedUnread(path, 0, coreId, due, start)] : [];
    });
  }
}

function openIfThere(options: ConstructorParameters<typeof FollowedSegment>[0]): FollowedSegment | undefined {
  try {
    return new FollowedSegment(options);
  } catch (error) {
    if (isStatelogError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}
