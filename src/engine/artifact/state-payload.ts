import { join } from 'node:path';
import { isStatelogError } from '../errors.js';
import {
  decodeCheckpointSummary,
  encodeCheckpointSummary,
  type CheckpointSummary,
} from '../directory/checkpoint-summary.js';
import { writeCoreCheckpoint } from '../directory/core-checkpoint.js';
import { coreOfKey } from '../directory/core-state.js';
import type { DirectorySnapshot } from '../directory/reader.js';
import { WatchCursor } from '../fold/version-token.js';
import { STORE_ID_BYTES } from '../state/index-block.js';
import { checkStateFile } from '../state/state-file-check.js';
import { openStateFile } from '../state/state-file-open.js';
import type { StateFile } from '../state/state-file.js';
import type { FileSystem } from '../storage-io/file-system.js';
import { readWholeFile } from '../storage-io/write-fully.js';
import { MANIFEST_BYTES_MAX } from './format.js';
import { artifactError, invalidArtifact } from './invalid.js';
import type { ExportManifest } from './manifest.js';
import { fileChunks, type ArtifactContent, type PayloadFile } from './payload.js';
import { comparePaths } from './payload-path.js';

/** The backend whose payload is a state directory's checkpoint: docs/formats/artifact.md. */
export const STATE_BACKEND = 'mmap-state';
const STATE_BACKEND_VERSION = '1';
/** The checkpoint's line of the state directory's manifest. */
export const SUMMARY_PATH = 'data/CHECKPOINT.json';
/** An artifact belongs to no store; whoever imports it writes its own name into its indexes. */
const NO_STORE = new Uint8Array(STORE_ID_BYTES);

/**
 * A snapshot as an artifact's content: values in key order without holes, so that the same content
 * gives the same bytes. The files are written to `scratch`, an empty folder, which the caller removes
 * when the content is no longer needed.
 */
export function stateContent(
  fileSystem: FileSystem,
  snapshot: DirectorySnapshot,
  scratch: string,
  createdAtUnix: number,
): ArtifactContent {
  const { epoch, states } = snapshot;
  const files: PayloadFile[] = [summaryFile(summaryOf(snapshot))];
  for (const core of states.all) {
    const names = [`state-${core.coreId}.db`, `state-${core.coreId}.idx`] as const;
    const [statePath, indexPath] = [join(scratch, names[0]), join(scratch, names[1])];
    writeCoreCheckpoint({ fileSystem, storeId: NO_STORE, epoch, statePath, indexPath, rewrite: true }, core);
    for (const name of names) files.push(fileOnDisk(fileSystem, `data/${name}`, join(scratch, name)));
  }
  return {
    backend: STATE_BACKEND,
    backendVersion: STATE_BACKEND_VERSION,
    cursor: WatchCursor.fromU64(epoch),
    createdAtUnix,
    files: files.sort((a, b) => comparePaths(a.path, b.path)),
  };
}

/** A state payload that was found whole. Close the files when done. */
export interface StatePayload {
  readonly summary: CheckpointSummary;
  readonly cores: readonly StateFile[];
}

/**
 * Opens the staged files of a `mmap-state` artifact, whose digests were found right, and checks that
 * they hold together: every page, every key in its core, the epoch in all places the same.
 * @throws StatelogError `INVALID_ARTIFACT`, `UNSUPPORTED_VERSION`
 */
export function openStatePayload(
  fileSystem: FileSystem,
  folder: string,
  manifest: ExportManifest,
  origin: string,
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
  try {
    for (let coreId = 0; coreId < summary.cores.length; coreId++) {
      cores.push(openCore(fileSystem, join(folder, 'data', `state-${coreId}.db`), summary, coreId, origin));
    }
    return { summary, cores };
  } catch (error) {
    for (const file of cores) file.close();
    throw error;
  }
}

function summaryOf({ epoch, entry, progress, segments, manifest }: DirectorySnapshot): CheckpointSummary {
  const cores = Array.from({ length: manifest.cores }, (_, coreId) => {
    const segment = segments.find((one) => one.coreId === coreId);
    const published = entry?.cores[coreId];
    return {
      nextSequence: segment?.nextSequence ?? published?.nextSequence ?? 0n,
      lastTimestampNs: segment?.lastTimestampNs ?? published?.lastTimestampNs ?? 0n,
    };
  });
  return { epoch, sources: progress.sources, watermark: progress.watermark, cores };
}

function summaryFile(summary: CheckpointSummary): PayloadFile {
  const bytes = encodeCheckpointSummary(summary);
  return { path: SUMMARY_PATH, size: bytes.length, chunks: () => [bytes] };
}

function fileOnDisk(fileSystem: FileSystem, path: string, place: string): PayloadFile {
  const size = fileSystem.status(place)?.size ?? 0;
  return {
    path,
    size,
    *chunks() {
      const descriptor = fileSystem.openRead(place);
      try {
        yield* fileChunks(fileSystem, descriptor, size);
      } finally {
        fileSystem.close(descriptor);
      }
    },
  };
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

function openCore(
  fileSystem: FileSystem,
  path: string,
  summary: CheckpointSummary,
  coreId: number,
  origin: string,
): StateFile {
  let file: StateFile | undefined;
  try {
    file = openStateFile(fileSystem, path, { mapping: 'never' });
    const { block } = file;
    if (block?.epoch !== summary.epoch || block.coreId !== coreId) {
      throw invalidArtifact(origin, `the index of core ${coreId} is of another epoch or core`, {
        class: 'index-mismatch',
      });
    }
    for (const finding of checkStateFile(file, { fileSystem, values: true })) {
      throw invalidArtifact(origin, finding.message, { class: finding.class });
    }
    checkKeysBelong(file, coreId, summary.cores.length, origin);
    return file;
  } catch (error) {
    file?.close();
    if (!isStatelogError(error) || error.code === 'INVALID_ARTIFACT' || error.code === 'IO_FAILED')
      throw error;
    throw invalidArtifact(origin, error.message, { class: 'index-mismatch', cause: error });
  }
}

function checkKeysBelong(file: StateFile, coreId: number, cores: number, origin: string): void {
  if (cores === 1) return;
  const cursor = file.cursor();
  for (let valid = cursor.first(); valid; valid = cursor.next()) {
    if (coreOfKey(cursor.key, cores) === coreId) continue;
    throw invalidArtifact(origin, `core ${coreId} holds a key of another core`, { class: 'wrong-core' });
  }
}
