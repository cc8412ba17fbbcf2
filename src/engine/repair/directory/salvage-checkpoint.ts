import { openCheckpoint } from '../../directory/read/open-checkpoint.js';
import type { DirectoryLayout } from '../../directory/manifest/layout.js';
import type {
  CheckpointEntry,
  CoreCheckpoint,
  DirectoryManifest,
} from '../../directory/manifest/manifest.js';
import { Overlay } from '../../directory/state/overlay.js';
import { isStatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { missingOrDamaged } from '../../inspect/verify/verify-directory.js';
import { STATE_HEADER_BYTES } from '../../state/format/format.js';
import { checkStateFile } from '../../state/read/state-file-check.js';
import type { StateFile } from '../../state/read/state-file.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import {
  filledEntries,
  laidOver,
  type FilledEntry,
  type KnownEntries,
  type KnownEntry,
} from '../state/filled-entries.js';
import { isBlockOf, StateSource } from '../state/state-source.js';
import { writePair } from '../state/write-pair.js';

/** The source of one core of a checkpoint. */
export interface CoreSource {
  readonly fileSystem: FileSystem;
  readonly layout: DirectoryLayout;
  readonly manifest: DirectoryManifest;
  readonly entry: CheckpointEntry;
  readonly coreId: number;
  /** The state as the checkpoint before it has it, and the changes between the two; undefined where either is gone. */
  readonly before: CheckpointCore | undefined;
  readonly changes: (() => Overlay | undefined) | undefined;
  /** True where the log between them was found whole. */
  readonly areChangesWhole: boolean;
}

/**
 * One core's state as a checkpoint has it, whatever became of its files. Where they are damaged, the checkpoint
 * before it and the log between them make up for it: in full, if both are whole.
 */
export class CheckpointCore {
  /** The faults of its files. */
  readonly findings: readonly Finding[];
  /** True where every entry is known, from its own files or from what came before. */
  readonly isExact: boolean;
  readonly #source: CoreSource;
  #changes: Overlay | undefined;

  constructor(source: CoreSource) {
    this.#source = source;
    this.findings = [...findingsOf(source)];
    this.isExact = this.isWhole || (source.before?.isExact === true && source.areChangesWhole);
  }

  get coreId(): number {
    return this.#source.coreId;
  }

  /** True where its own files are as they were written. */
  get isWhole(): boolean {
    return !this.findings.some(({ severity }) => severity === 'damage');
  }

  /** Path of its values. */
  get path(): string {
    const { layout, entry, coreId } = this.#source;
    return layout.stateFile(entry.epoch, coreId);
  }

  /** Entries that are there or at least named; those of `isExact` are all there. */
  *filled(): Generator<FilledEntry, void> {
    if (this.isWhole) {
      for (const { key, value } of this.#ownEntries()) yield { key, value, lost: undefined };
      return;
    }
    const fallback = this.#fallback();
    if (this.isExact) {
      for (const { key, value } of fallback!())
        if (value !== undefined) yield { key, value, lost: undefined };
      return;
    }
    const source = this.#openDamaged();
    try {
      const entries = source === undefined ? undefined : () => source.entries();
      const holes = () => source?.walk.holes ?? 0;
      const namesAreProven = source?.namesAreProven ?? true;
      yield* filledEntries({ entries, holes, namesAreProven, fallback, isNewer: false });
    } finally {
      source?.close();
    }
  }

  /** Entries that are there; proven where they did not fall back. */
  *knownEntries(): Generator<KnownEntry, void> {
    for (const { key, value, lost } of this.filled())
      if (value !== undefined) yield { key, value, isProven: lost === undefined };
  }

  /** Entries that are there. */
  *entries(): Generator<{ readonly key: Uint8Array; readonly value: Uint8Array }, void> {
    for (const { key, value } of this.filled()) if (value !== undefined) yield { key, value };
  }

  /** How many entries there were, as far as the index still says. */
  countStated(): number | undefined {
    const source = this.#openDamaged();
    source?.close();
    return source?.walk.count;
  }

  /** Whether the keys that its damaged index names are those that were written. */
  get namesAreProven(): boolean {
    const source = this.#openDamaged();
    try {
      return source?.namesAreProven ?? true;
    } finally {
      source?.close();
    }
  }

  /** True where nothing of its own files can be read. */
  get isGone(): boolean {
    const source = this.#openDamaged();
    source?.close();
    return source === undefined;
  }

  /** Its own files, to look keys up in; undefined where they are damaged. */
  open(): StateFile | undefined {
    const { entry, coreId } = this.#source;
    return this.isWhole
      ? openCheckpoint({ ...this.#source, mapping: 'never', onlyCore: coreId }, entry)[0]
      : undefined;
  }

  /** Writes it to the new directory; synced. @returns the core's line in the new manifest, but for its numbering */
  write(into: DirectoryLayout): Pick<CoreCheckpoint, 'writePos' | 'indexCrc'> {
    const { fileSystem, layout, manifest, entry, coreId } = this.#source;
    const { epoch } = entry;
    const statePath = into.stateFile(epoch, coreId);
    const indexPath = into.indexFile(epoch, coreId);
    if (this.isWhole) {
      copySynced(fileSystem, layout.stateFile(epoch, coreId), statePath);
      copySynced(fileSystem, layout.indexFile(epoch, coreId), indexPath);
      return entry.cores[coreId]!;
    }
    const { storeId } = manifest;
    const pair = { fileSystem, statePath, indexPath, storeId, generation: epoch, epoch, coreId };
    const { writePos, headCrc } = writePair(pair, () => this.entries());
    return { writePos, indexCrc: headCrc };
  }

  *#ownEntries(): Generator<KnownEntry, void> {
    const file = this.open()!;
    try {
      const cursor = file.cursor();
      for (let isOn = cursor.first(); isOn; isOn = cursor.next()) {
        yield { key: cursor.key, value: cursor.value().slice() };
      }
    } finally {
      file.close();
    }
  }

  #fallback(): KnownEntries | undefined {
    const { before, areChangesWhole } = this.#source;
    this.#changes ??= this.#source.changes?.();
    const changes = this.#changes;
    if (before === undefined && changes === undefined) return undefined;
    // Where the log between is gone, what was there before it is the best that is known.
    return () => laidOver(() => before?.knownEntries() ?? [], changes ?? new Overlay(), areChangesWhole);
  }

  #openDamaged(): StateSource | undefined {
    const { fileSystem, layout, manifest, entry, coreId } = this.#source;
    const { epoch } = entry;
    const belonging = { storeId: manifest.storeId, epoch, coreId };
    try {
      const paths = [layout.stateFile(epoch, coreId), layout.indexFile(epoch, coreId)] as const;
      return StateSource.open(fileSystem, ...paths, (block) => isBlockOf(block, belonging));
    } catch (error) {
      if (isStatelogError(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }
}

/** A lost value's place in its file. */
export function placeOfLost(lost: NonNullable<FilledEntry['lost']>): number {
  return STATE_HEADER_BYTES + lost.offset;
}

function* findingsOf(source: CoreSource): Generator<Finding, void> {
  const { fileSystem, layout, entry, coreId } = source;
  let file: StateFile;
  try {
    file = openCheckpoint({ ...source, mapping: 'never', onlyCore: coreId }, entry)[0]!;
  } catch (error) {
    yield missingOrDamaged(error, layout.stateFile(entry.epoch, coreId), 'missing-file');
    return;
  }
  try {
    yield* checkStateFile(file, { fileSystem, values: true });
  } finally {
    file.close();
  }
}

function copySynced(fileSystem: FileSystem, from: string, to: string): void {
  fileSystem.copyFile(from, to);
  const descriptor = fileSystem.openReadWrite(to, 'refuse');
  try {
    fileSystem.sync(descriptor);
  } finally {
    fileSystem.close(descriptor);
  }
}
