import { isStatelogError } from '../../errors.js';
import type { AppendLogFold } from '../../fold/store/append-log-fold.js';
import { FORMAT_VERSION } from '../../fold/format/format.js';
import type { FoldRecord } from '../../fold/format/record.js';
import { scanWholeLog, type ScannedLog } from '../../fold/scan/replay.js';
import type { WatchCursor } from '../../fold/format/watch-cursor.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { artifactError, invalidArtifact } from '../format/invalid.js';
import type { ExportManifest } from '../format/manifest.js';
import type { ArtifactContent } from '../write/payload.js';
import type { StagedArtifact } from '../read/stage-artifact.js';

/** The backend whose payload is a fold log in its compact form. */
export const APPEND_LOG_BACKEND = 'append-log';
const APPEND_LOG_VERSION = String(FORMAT_VERSION);
/** The one file of such an artifact. */
export const FOLD_PATH = 'data/fold.snap';

/** A fold in its compact form. */
export type CompactFold = Pick<AppendLogFold, 'cursor' | 'compactSizeBytes' | 'compactChunks'>;

/** A fold as an artifact's content. It must stay open, and as it is, until the content was written. */
export function appendLogContent(
  fold: CompactFold,
  createdAtUnix: number,
  scope?: readonly string[],
): ArtifactContent {
  const { cursor, compactSizeBytes: size } = fold;
  return {
    backend: APPEND_LOG_BACKEND,
    backendVersion: APPEND_LOG_VERSION,
    cursor,
    createdAtUnix,
    scope,
    files: [{ path: FOLD_PATH, size, chunks: () => fold.compactChunks() }],
  };
}

/**
 * Refuses a manifest that is not that of one fold log of our version.
 * @throws StatelogError `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`, `INVALID_ARTIFACT`
 */
export function refuseOtherThanFold(manifest: ExportManifest, origin: string): void {
  const { backend, backendVersion, files } = manifest;
  if (backend !== APPEND_LOG_BACKEND) {
    throw artifactError('UNKNOWN_FORMAT', origin, `its backend is ${backend}, not ${APPEND_LOG_BACKEND}`, {
      expected: APPEND_LOG_BACKEND,
      found: backend,
      hint: 'import it where that backend is at home',
    });
  }
  if (backendVersion !== APPEND_LOG_VERSION) {
    throw artifactError('UNSUPPORTED_VERSION', origin, `its fold log has version ${backendVersion}`, {
      class: 'bad-version',
      expected: APPEND_LOG_VERSION,
      found: backendVersion,
    });
  }
  if (files.length !== 1 || files[0]!.path !== FOLD_PATH) {
    throw invalidArtifact(origin, `a fold's artifact holds ${FOLD_PATH} and nothing else`, {
      class: 'unlisted-file',
    });
  }
}

/**
 * Checks that a staged fold log is whole, and ends at the manifest's cursor.
 * @param onPut shown each put in the order of the log, until the next
 * @throws StatelogError `INVALID_ARTIFACT`
 */
export function verifyStagedFold(
  fileSystem: FileSystem,
  staged: StagedArtifact,
  origin: string,
  onPut?: (record: FoldRecord) => void,
): ScannedLog {
  const path = staged.pathOf(FOLD_PATH);
  const descriptor = fileSystem.openRead(path, 'refuse');
  try {
    const { size } = fileSystem.statusOf(descriptor);
    return checkedFold(staged.manifest, origin, () =>
      scanWholeLog({ fileSystem, descriptor, path, size }, onPut),
    );
  } finally {
    fileSystem.close(descriptor);
  }
}

/**
 * Reads a payload's fold log, and holds the cursor that it ends at against the manifest.
 * @throws StatelogError `INVALID_ARTIFACT`, also for what `read` finds wrong with the log
 */
export function checkedFold<T extends { readonly cursor: WatchCursor }>(
  manifest: ExportManifest,
  origin: string,
  read: () => T,
): T {
  let fold: T;
  try {
    fold = read();
  } catch (error) {
    throw isPayloadFault(error) ? invalidPayload(origin, error) : error;
  }
  if (fold.cursor.equals(manifest.cursor)) return fold;
  throw invalidArtifact(origin, `${FOLD_PATH} ends at another cursor than the manifest names`, {
    class: 'cursor-mismatch',
    expected: `cursor ${manifest.cursor.toHex()}`,
    found: `cursor ${fold.cursor.toHex()}`,
  });
}

/** The digests were right, so it was exported like this. */
function isPayloadFault(error: unknown): boolean {
  return (['DAMAGED', 'UNKNOWN_FORMAT', 'UNSUPPORTED_VERSION', 'LIMIT_EXCEEDED'] as const).some((code) =>
    isStatelogError(error, code),
  );
}

function invalidPayload(origin: string, cause: unknown): unknown {
  if (!isStatelogError(cause)) return cause;
  const { class: kind, offset, expected, found } = cause.details;
  return invalidArtifact(origin, `${FOLD_PATH}: ${cause.message}`, {
    class: kind,
    offset,
    expected,
    found,
    cause,
  });
}
