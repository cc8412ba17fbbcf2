import path from 'node:path';
import { StatelogError } from '../../errors.js';
import { createDirectoryTree } from '../../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import type { IoCompletion } from '../../storage-io/submission/storage-io.js';
import { closeEach } from '../../storage-io/whole/close-each.js';
import { MergedScanner } from '../scan/merged-scanner.js';
import { type RecordVisitor, recoverSegment, type SegmentReport } from '../recover/recovery.js';
import { listSegments, type SegmentEntry } from '../folder/segment-folder.js';
import { segmentName } from '../format/segment-name.js';
import type { CoreWalWriterOptions } from './direct-writer.js';
import { CoreWalWriter } from './writer.js';

/** How to open a folder's segments for writing. */
export interface WalSegmentsOptions extends Omit<CoreWalWriterOptions, 'start'> {
  /** How many segments there must be; default: as many as there are. */
  readonly cores?: number;
  /** See `RecoverSegmentOptions.takeOver`; default false. */
  readonly takeOver?: boolean;
  /** Told of each good record of each segment, core by core. */
  readonly onRecord?: RecordVisitor;
}

/**
 * All cores' segments of one folder, open for writing: `wal-0.log`, `wal-1.log`, and so on.
 *
 * Invariants:
 * - there is a writer for each core from 0 on, at index `coreId`;
 * - no writer's epoch is above `epoch`.
 */
export class WalSegments {
  readonly folder: string;
  /** The findings of the recovery in each segment; empty for segments that were created. */
  readonly reports: readonly SegmentReport[];
  readonly #fileSystem: FileSystem;
  readonly #writers: readonly CoreWalWriter[];
  #epoch: bigint;

  private constructor(
    folder: string,
    fileSystem: FileSystem,
    writers: readonly CoreWalWriter[],
    reports: readonly SegmentReport[],
  ) {
    this.folder = folder;
    this.#fileSystem = fileSystem;
    this.#writers = writers;
    this.reports = reports;
    this.#epoch = reports.reduce((most, { lastEpoch = 0n }) => (lastEpoch > most ? lastEpoch : most), 0n);
    this.setEpochAll(this.#epoch);
  }

  /**
   * Makes a folder with an empty segment for each core.
   * @throws StatelogError `ALREADY_EXISTS` where one of them is there
   */
  static create(folder: string, cores: number, options: CoreWalWriterOptions = {}): WalSegments {
    const fileSystem = options.fileSystem ?? realFileSystem();
    createDirectoryTree(fileSystem, folder);
    const writers = openEach(cores, (coreId) =>
      CoreWalWriter.create(coreId, path.join(folder, segmentName(coreId)), options),
    );
    return new WalSegments(folder, fileSystem, writers, []);
  }

  /**
   * Recovers each segment and opens it where its last good record ends.
   * @throws StatelogError `DAMAGED` where a segment is damaged (its file is unchanged) or missing
   */
  static open(folder: string, options: WalSegmentsOptions = {}): WalSegments {
    const fileSystem = options.fileSystem ?? realFileSystem();
    const segments = listSegments(fileSystem, folder);
    const cores = options.cores ?? (segments.at(-1)?.coreId ?? -1) + 1;
    checkComplete(folder, segments, cores);
    const { copyBrokenTo, takeOver = false, onRecord } = options;
    const reports = segments
      .slice(0, cores)
      .map((segment) => recoverSegment({ fileSystem, ...segment, copyBrokenTo, takeOver, onRecord }));
    const writers = openEach(cores, (coreId) => {
      const report = reports[coreId]!;
      const { nextSequence, lastTimestampNs, lastEpoch } = report;
      const start = { nextSequence, lastTimestampNs, epoch: lastEpoch };
      return CoreWalWriter.openAt(coreId, report.path, report.position, { ...options, start });
    });
    return new WalSegments(folder, fileSystem, writers, reports);
  }

  get cores(): number {
    return this.#writers.length;
  }

  /** The epoch that all writers stamp their records with. */
  get epoch(): bigint {
    return this.#epoch;
  }

  /** The next record's position in each segment. */
  get positions(): number[] {
    return this.#writers.map((writer) => writer.position);
  }

  get syncedPositions(): number[] {
    return this.#writers.map((writer) => writer.syncedPosition);
  }

  /** The size of all segments together, in bytes, with what is not written yet. */
  get totalBytes(): number {
    return this.positions.reduce((sum, position) => sum + position, 0);
  }

  get isAnySyncPending(): boolean {
    return this.#writers.some((writer) => writer.isSyncPending);
  }

  /** @throws RangeError where there is no such core */
  writer(coreId: number): CoreWalWriter {
    const writer = this.#writers[coreId];
    if (writer === undefined) throw new RangeError(`there is no core ${coreId} among ${this.cores}`);
    return writer;
  }

  segmentPath(coreId: number): string {
    return this.writer(coreId).path;
  }

  /** @throws RangeError where a segment has a record of a later epoch */
  setEpochAll(epoch: bigint): void {
    for (const writer of this.#writers) writer.setEpoch(epoch);
    this.#epoch = epoch;
  }

  /**
   * Goes on to the next epoch as LaminarDB does at a checkpoint: every segment gets an EpochBarrier that
   * carries the new epoch, as its first record of it. Sync afterwards.
   * @returns the new epoch
   */
  advanceEpoch(): bigint {
    this.setEpochAll(this.#epoch + 1n);
    this.appendEpochBarrierAll();
    return this.#epoch;
  }

  /** Appends a barrier that carries the current epoch to every segment: a state directory closes it so. */
  appendEpochBarrierAll(): void {
    for (const writer of this.#writers) writer.appendEpochBarrier();
  }

  /** Writes everything out, then makes it durable. */
  syncAll(): void {
    for (const writer of this.#writers) writer.flush();
    for (const writer of this.#writers) writer.sync();
  }

  /** Passes on what ended. @returns how many segments' syncs ended well @throws the first failure, after all were told */
  checkAllCompletions(completions: readonly IoCompletion[]): number {
    const failures: unknown[] = [];
    let synced = 0;
    for (const writer of this.#writers) {
      try {
        if (writer.checkCompletions(completions)) synced += 1;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return synced;
  }

  /** Cuts each segment on purpose. @throws RangeError unless there is a position for each */
  truncateAll(positions: readonly number[]): void {
    if (positions.length !== this.cores) {
      throw new RangeError(`${positions.length} positions were given for ${this.cores} segments`);
    }
    for (const [coreId, writer] of this.#writers.entries()) writer.truncate(positions[coreId]!);
  }

  /** Cuts each segment to nothing, and numbers from 0 again. */
  resetAll(): void {
    for (const writer of this.#writers) writer.reset();
  }

  /** All records, merged: what was appended is written out first. Close what is returned. */
  merge(): MergedScanner {
    for (const writer of this.#writers) writer.flush();
    const segments = this.#writers.map(({ coreId, path: file }) => ({ coreId, path: file }));
    return MergedScanner.open(segments, { fileSystem: this.#fileSystem });
  }

  /** Syncs and closes all segments. @throws the first failure, after all were closed */
  close(): void {
    closeEach(this.#writers);
  }
}

function checkComplete(folder: string, segments: readonly SegmentEntry[], cores: number): void {
  for (let coreId = 0; coreId < cores; coreId++) {
    if (segments[coreId]?.coreId === coreId) continue;
    const missing = path.join(folder, segmentName(coreId));
    throw new StatelogError('DAMAGED', `${missing} is missing`, {
      path: missing,
      class: 'missing-segment',
      hint: 'bring it back from a copy; `statelog wal-replay` shows the records of the other cores',
    });
  }
}

/** A writer for each core; if one fails, those before it are closed again. */
function openEach(cores: number, open: (coreId: number) => CoreWalWriter): CoreWalWriter[] {
  const writers: CoreWalWriter[] = [];
  try {
    for (let coreId = 0; coreId < cores; coreId++) writers.push(open(coreId));
    return writers;
  } catch (error) {
    for (const writer of writers) writer.abandon();
    throw error;
  }
}
