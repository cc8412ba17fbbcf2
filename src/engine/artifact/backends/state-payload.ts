import { join } from 'node:path';
import { isStatelogError } from '../../errors.js';
import {
  decodeCheckpointSummary,
  type CheckpointSummary,
} from '../../directory/manifest/checkpoint-summary.js';
import { coreOfKey } from '../../directory/state/core-state.js';
import { checkStateFile } from '../../state/read/state-file-check.js';
import { openStateFile } from '../../state/read/state-file-open.js';
import type { StateFile } from '../../state/read/state-file.js';
import { hasPlainHead, TightValues } from '../../state/write/tight-file.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { readWholeFile } from '../../storage-io/whole/write-fully.js';
import { closeEachQuietly } from '../../storage-io/whole/close-each.js';
import { MANIFEST_BYTES_MAX } from '../format/format.js';
import { artifactError, invalidArtifact } from '../format/invalid.js';
import type { ExportManifest } from '../format/manifest.js';

/** The backend whose payload is a state directory's checkpoint: docs/formats/artifact.md. */
export const STATE_BACKEND = 'mmap-state';
export const STATE_BACKEND_VERSION = '1';
/** The checkpoint's line of the state directory's manifest. */
export const SUMMARY_PATH = 'data/CHECKPOINT.json';

/** Is shown an entry; key and value are lent for the call. */
export type OnStateEntry = (key: Uint8Array, value: Uint8Array) => void;

/** A state payload that was found whole. Close the files when done. */
export interface StatePayload {
  readonly summary: CheckpointSummary;
  readonly cores: readonly StateFile[];
  /** The files are what a checkpoint that is written anew has, but for the store's id in the indexes. */
  readonly isTight: boolean;
}

/**
 * Opens the staged files of a `mmap-state` artifact, whose digests were found right, and checks that
 * they hold together: every page, every key in its core, the epoch in all places the same.
 * @param onEntry where there is one core, shown each entry on the way, in key order
 * @throws StatelogError `INVALID_ARTIFACT`, `UNSUPPORTED_VERSION`
 */
export function openStatePayload(
  fileSystem: FileSystem,
  folder: string,
  manifest: ExportManifest,
  origin: string,
  onEntry?: OnStateEntry,
): StatePayload {
  if (manifest.backendVersion !== STATE_BACKEND_VERSION) {
    throw artifactError(
      'UNSUPPORTED_VERSION',
      origin,
      `a ${STATE_BACKEND} payload of version ${manifest.backendVersion} is not known`,
      {
        class: 'bad-version',
        expected: STATE_BACKEND_VERSION,
        found: manifest.backendVersion,
      },
    );
  }
  const summary = readSummary(fileSystem, folder, manifest, origin);
  refuseOtherFiles(manifest, summary.cores.length, origin);
  const cores: StateFile[] = [];
  let isTight = true;
  try {
    for (let coreId = 0; coreId < summary.cores.length; coreId++) {
      const path = join(folder, 'data', `state-${coreId}.db`);
      const core = openCore({ fileSystem, summary, origin, onEntry }, path, coreId);
      cores.push(core.file);
      isTight &&= core.isTight;
    }
    return { summary, cores, isTight };
  } catch (error) {
    closeEachQuietly(cores);
    throw error;
  }
}

function readSummary(
  fileSystem: FileSystem,
  folder: string,
  manifest: ExportManifest,
  origin: string,
): CheckpointSummary {
  if (!manifest.files.some(({ path }) => path === SUMMARY_PATH)) {
    throw invalidArtifact(origin, `${SUMMARY_PATH} is not listed`, { class: 'missing-file' });
  }
  const summary = decodeCheckpointSummary(
    readWholeFile(fileSystem, join(folder, SUMMARY_PATH), MANIFEST_BYTES_MAX),
  );
  if (typeof summary === 'string') {
    throw invalidArtifact(origin, `${SUMMARY_PATH}: ${summary}`, { class: 'bad-header' });
  }
  if (manifest.cursor.asU64() !== summary.epoch) {
    throw invalidArtifact(origin, 'the manifest and the checkpoint name different epochs', {
      class: 'cursor-mismatch',
      expected: String(manifest.cursor.asU64()),
      found: String(summary.epoch),
    });
  }
  return summary;
}

function refuseOtherFiles(manifest: ExportManifest, cores: number, origin: string): void {
  const listed = new Set(manifest.files.map(({ path }) => path));
  listed.delete(SUMMARY_PATH);
  for (let coreId = 0; coreId < cores; coreId++) {
    for (const path of [`data/state-${coreId}.db`, `data/state-${coreId}.idx`]) {
      if (!listed.delete(path))
        throw invalidArtifact(origin, `${path} is not listed`, { class: 'missing-file' });
    }
  }
  for (const path of listed) {
    throw invalidArtifact(origin, `${path} is no part of a ${STATE_BACKEND} payload`, {
      class: 'unlisted-file',
    });
  }
}

interface Opening {
  readonly fileSystem: FileSystem;
  readonly summary: CheckpointSummary;
  readonly origin: string;
  readonly onEntry: OnStateEntry | undefined;
}

function openCore(
  { fileSystem, summary, origin, onEntry }: Opening,
  path: string,
  coreId: number,
): { readonly file: StateFile; readonly isTight: boolean } {
  let opened: StateFile | undefined;
  try {
    const file = openStateFile(fileSystem, path, { mapping: 'never' });
    opened = file;
    const { block } = file;
    if (block?.epoch !== summary.epoch || block.coreId !== coreId) {
      throw invalidArtifact(origin, `the index of core ${coreId} is of another epoch or core`, {
        class: 'index-mismatch',
      });
    }
    const values = new TightValues();
    const onValue = (offset: number, bytes: number, key: Uint8Array): void => {
      values.add(offset, bytes);
      if (coreOfKey(key, summary.cores.length) !== coreId)
        throw invalidArtifact(origin, `core ${coreId} holds a key of another core`, { class: 'wrong-core' });
      if (summary.cores.length === 1) onEntry?.(key, file.peek(offset, bytes));
    };
    for (const finding of checkStateFile(file, { fileSystem, values: true, onValue })) {
      throw invalidArtifact(origin, finding.message, { class: finding.class });
    }
    return { file, isTight: values.fill(file.writePos) && hasPlainHead(fileSystem, file, summary.epoch) };
  } catch (error) {
    opened?.close();
    if (!isStatelogError(error) || error.code === 'INVALID_ARTIFACT' || error.code === 'IO_FAILED')
      throw error;
    throw invalidArtifact(origin, error.message, { class: 'index-mismatch', cause: error });
  }
}
