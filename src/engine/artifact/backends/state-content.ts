import { join } from 'node:path';
import {
  encodeCheckpointSummary,
  type CheckpointSummary,
} from '../../directory/manifest/checkpoint-summary.js';
import { writeCoreCheckpoint } from '../../directory/checkpoint/core-checkpoint.js';
import type { CoreState } from '../../directory/state/core-state.js';
import type { DirectorySnapshot } from '../../directory/read/reader.js';
import { WatchCursor } from '../../fold/format/watch-cursor.js';
import { STORE_ID_BYTES } from '../../state/format/index-block.js';
import type { StateFile } from '../../state/read/state-file.js';
import {
  indexBytesFor,
  isTight,
  stateFileBytesFor,
  stateFileLengthOf,
} from '../../state/write/tight-file.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { fileChunks, type ArtifactContent, type PayloadFile } from '../write/payload.js';
import { comparePaths } from '../format/payload-path.js';
import { STATE_BACKEND, STATE_BACKEND_VERSION, SUMMARY_PATH } from './state-payload.js';

/** An artifact belongs to no store; whoever imports it writes its own name into its indexes. */
const NO_STORE = new Uint8Array(STORE_ID_BYTES);

/**
 * A snapshot as an artifact's content: values in key order without holes, so that the same content
 * gives the same bytes. What does not lie like this already is written to an empty folder that `scratch` gives, which
 * the caller removes when the content is no longer needed; the snapshot must stay open until then.
 */
export function stateContent(
  fileSystem: FileSystem,
  snapshot: DirectorySnapshot,
  scratch: () => string,
  createdAtUnix: number,
): ArtifactContent {
  let folder: string | undefined;
  const { epoch, states } = snapshot;
  const files: PayloadFile[] = [summaryFile(summaryOf(snapshot))];
  for (const core of states.all) {
    const { base, overlay } = core;
    const isAsItLies = base !== undefined && overlay.count === 0 && isTight(base);
    files.push(
      ...(isAsItLies
        ? filesAsTheyLie(fileSystem, core.coreId, base, epoch)
        : writtenFiles(fileSystem, core, epoch, (folder ??= scratch()))),
    );
  }
  return {
    backend: STATE_BACKEND,
    backendVersion: STATE_BACKEND_VERSION,
    cursor: WatchCursor.fromU64(epoch),
    createdAtUnix,
    files: files.sort((a, b) => comparePaths(a.path, b.path)),
  };
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

/** The files of a checkpoint that holds everything, and as an artifact has it: only the heads are others. */
function filesAsTheyLie(
  fileSystem: FileSystem,
  coreId: number,
  file: StateFile,
  epoch: bigint,
): readonly PayloadFile[] {
  const owner = { storeId: NO_STORE, epoch };
  return [
    {
      path: `data/state-${coreId}.db`,
      size: stateFileLengthOf(file),
      chunks: () => stateFileBytesFor(fileSystem, file, owner),
    },
    {
      path: `data/state-${coreId}.idx`,
      size: file.indexStart + file.measure.indexLength,
      chunks: () => indexBytesFor(fileSystem, file, owner),
    },
  ];
}

function writtenFiles(
  fileSystem: FileSystem,
  core: CoreState,
  epoch: bigint,
  scratch: string,
): readonly PayloadFile[] {
  const names = [`state-${core.coreId}.db`, `state-${core.coreId}.idx`] as const;
  const [statePath, indexPath] = [join(scratch, names[0]), join(scratch, names[1])];
  writeCoreCheckpoint({ fileSystem, storeId: NO_STORE, epoch, statePath, indexPath, rewrite: true }, core);
  return names.map((name) => fileOnDisk(fileSystem, `data/${name}`, join(scratch, name)));
}

function fileOnDisk(fileSystem: FileSystem, path: string, place: string): PayloadFile {
  const size = fileSystem.status(place)?.size ?? 0;
  return {
    path,
    size,
    place,
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
