import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  APPEND_LOG_BACKEND,
  FOLD_PATH,
  refuseOtherThanFold,
  verifyStagedFold,
} from '../artifact/append-log-artifact.js';
import type { ExportManifest } from '../artifact/manifest.js';
import { stageArtifact, stageArtifactStream, type StagedArtifact } from '../artifact/stage-artifact.js';
import { isEmptyFolder, moveIntoPlace, withStagingFolderAsync } from '../storage-io/staging-folder.js';
import { STATE_BACKEND, openStatePayload } from '../artifact/state-payload.js';
import { adoptStatePayload } from '../artifact/adopt-state-payload.js';
import { createDirectory, type FillDirectory } from '../directory/create-directory.js';
import { ContentDigest } from '../bytes/content-digest.js';
import { toHex } from '../bytes/text.js';
import { CoresCursor } from '../directory/cores-cursor.js';
import type { CheckpointSummary } from '../directory/checkpoint-summary.js';
import { forEachEntryOf } from '../entry-range.js';
import { StatelogError } from '../errors.js';
import { identify } from '../inspect/identify.js';
import { openReadable } from '../inspect/open.js';
import type { FileSystem } from '../storage-io/file-system.js';
import { realFileSystem } from '../storage-io/real-file-system.js';
import { syncFile } from '../storage-io/sync-tree.js';
import { FoldStore } from '../store/fold-store.js';
import { buildDirectoryStore, buildFoldLog, entriesOf, type EntriesInOrder } from './build-store.js';
import {
  checkTarget,
  coresOf,
  isTakenAsItIs,
  surveyOf,
  type ReadContent,
  type Survey,
} from './import-survey.js';
import { ndjsonChunks, openStream } from './import-stream.js';
import { spoolLines } from './spooled-lines.js';

export interface ImportRequest {
  readonly fileSystem?: FileSystem | undefined;
  /** A path; for a stream its name in messages. */
  readonly source: string;
  /** The stream's bytes: a tar or NDJSON, told by its first byte. */
  readonly stream?: AsyncIterable<Uint8Array> | undefined;
  readonly destination: string;
  /** Default: the source's. */
  readonly kind?: 'directory' | 'log' | undefined;
  /** Default: the source's. */
  readonly cores?: number | undefined;
  /** The content's digest must be this. */
  readonly expect?: string | undefined;
  /** Allows revisions and the cursor to be lost, where the target keeps none. */
  readonly dropRevisions?: boolean | undefined;
  /** Lets a fold log hold values of 16 to 64 MiB. */
  readonly largeValues?: boolean | undefined;
  /** Verifies all, and makes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What was imported. */
export interface ImportReport {
  readonly path: string;
  readonly kind: 'directory' | 'log';
  readonly epoch: string | null;
  readonly cursor: string | null;
  readonly keys: number;
  readonly digest: string;
}

/** A source that was verified: its content can be gone through again and again. */
export interface Verified {
  readonly kind: 'directory' | 'log';
  readonly forEachEntry: EntriesInOrder;
  readonly cursor?: Uint8Array | undefined;
  readonly summary?: CheckpointSummary | undefined;
  readonly cores?: number | undefined;
  /** Where the files can be the new state directory's own, if it has as many cores: makes them so. */
  readonly adopt?: FillDirectory | undefined;
  /** What is known of the content already. */
  readonly read?: ReadContent | undefined;
  /** Where it lies as the very log that is to be made. */
  readonly log?: string | undefined;
  readonly close: () => void;
}

const OPEN_BRACE = 0x7b;

/**
 * Makes a store of an artifact, a stream, or another system's files. All of the source is verified
 * first; the store is then there whole and durable, or not at all.
 * @throws StatelogError `ALREADY_EXISTS`, `NOT_REPRESENTABLE`, `DIGEST_MISMATCH`, `INVALID_ARTIFACT`,
 * `UNFINISHED_STREAM`; what opening the source throws
 */
export async function importStore(request: ImportRequest): Promise<ImportReport> {
  const fileSystem = request.fileSystem ?? realFileSystem();
  const { destination, dryRun = false } = request;
  refuseExisting(fileSystem, destination);
  const beside = dryRun ? join(tmpdir(), 'statelog-import') : destination;
  return withStagingFolderAsync(fileSystem, beside, async (folder) => {
    const staging = join(folder, 'source');
    fileSystem.makeDirectory(staging);
    const verified = await verifySource(fileSystem, request, staging);
    try {
      const survey = surveyOf(request, verified);
      checkTarget(request, verified, survey);
      if (!dryRun) build(fileSystem, request, verified, survey, folder);
      return reportOf(request, verified, survey);
    } finally {
      verified.close();
    }
  });
}

async function verifySource(
  fileSystem: FileSystem,
  request: ImportRequest,
  staging: string,
): Promise<Verified> {
  const { source, stream } = request;
  const options = { fileSystem, acceptManifest: acceptBackend(source), sync: false };
  const lines = stream ?? ndjsonChunks(fileSystem, source);
  if (lines !== undefined) {
    const { head, chunks } = await openStream(lines, source);
    if (head[0] === OPEN_BRACE) return verifiedLines(await spoolLines(fileSystem, chunks, staging, source));
    return verifiedArtifact(
      fileSystem,
      await stageArtifactStream(chunks, source, staging, options),
      staging,
      source,
    );
  }
  const { kind } = identify(fileSystem, source);
  if (kind === 'artifact-folder' || kind === 'artifact-tar') {
    return verifiedArtifact(fileSystem, stageArtifact(source, staging, options), staging, source);
  }
  const store = openReadable(source, { fileSystem });
  const close = (): void => {
    store.close();
  };
  const shared = { forEachEntry: entriesOf(store), cores: store.cores, close };
  return store.kind === 'log'
    ? { ...shared, kind: 'log', cursor: store.cursor }
    : { ...shared, kind: 'directory' };
}

function verifiedLines(spooled: Awaited<ReturnType<typeof spoolLines>>): Verified {
  const { kind, cursor, epoch, cores } = spooled.header;
  const summary =
    epoch === undefined || epoch === 0n
      ? undefined
      : { epoch, sources: new Map(), watermark: undefined, cores: [] };
  return { kind, cursor, cores, summary, forEachEntry: entriesOf(spooled), close: () => undefined };
}

function verifiedArtifact(
  fileSystem: FileSystem,
  staged: StagedArtifact,
  staging: string,
  origin: string,
): Verified {
  if (staged.manifest.backend === APPEND_LOG_BACKEND) return verifiedFold(fileSystem, staged, origin);
  const digest = new ContentDigest();
  const payload = openStatePayload(fileSystem, staging, staged.manifest, origin, (key, value) => {
    digest.add(key, value);
  });
  const { summary, cores } = payload;
  return {
    kind: 'directory',
    summary,
    // Of several cores the entries have to be brought into one order first.
    read: cores.length === 1 ? { digest: digest.hex(), keys: digest.keys, hasVersions: false } : undefined,
    adopt: payload.isTight ? adoptStatePayload(fileSystem, staging, payload) : undefined,
    forEachEntry: (visit) => {
      forEachEntryOf(new CoresCursor(cores.map((file) => file.cursor())), visit);
    },
    close: () => {
      for (const file of cores) file.close();
    },
  };
}

/** A fold's artifact: in its compact form it is read once, and then is the new log as it lies. */
function verifiedFold(fileSystem: FileSystem, staged: StagedArtifact, origin: string): Verified {
  const path = staged.pathOf(FOLD_PATH);
  const digest = new ContentDigest();
  let hasVersions = false;
  const { cursor, compactForm } = verifyStagedFold(fileSystem, staged, origin, (record) => {
    const { bytes, keyStart, keyLength, valueStart, valueLength } = record;
    digest.addParts(bytes, keyStart, keyLength, bytes, valueStart, valueLength);
    hasVersions ||= record.tokenLength > 0;
  });
  let store: FoldStore | undefined;
  return {
    kind: 'log',
    cursor: cursor.toBytes(),
    read: compactForm ? { digest: digest.hex(), keys: digest.keys, hasVersions } : undefined,
    log: compactForm ? path : undefined,
    forEachEntry: (visit) => {
      store ??= FoldStore.load(path, fileSystem);
      store.forEachEntry(visit);
    },
    close: () => store?.close(),
  };
}

/** Refuses a backend that is not ours before any of its payload is taken. */
function acceptBackend(origin: string): (manifest: ExportManifest) => void {
  return (manifest) => {
    if (manifest.backend !== STATE_BACKEND) refuseOtherThanFold(manifest, origin);
  };
}

function reportOf(request: ImportRequest, { cursor, summary }: Verified, survey: Survey): ImportReport {
  const { kind, keys, digest } = survey;
  return {
    path: request.destination,
    kind,
    epoch: kind === 'directory' ? String(summary?.epoch ?? 1n) : null,
    cursor: kind === 'log' && cursor !== undefined && cursor.length > 0 ? toHex(cursor) : null,
    keys,
    digest,
  };
}

function build(
  fileSystem: FileSystem,
  request: ImportRequest,
  verified: Verified,
  { kind, shapes }: Survey,
  folder: string,
): void {
  const { forEachEntry, summary, cursor } = verified;
  if (kind === 'directory') {
    const cores = coresOf(request, verified);
    const { destination } = request;
    if (isTakenAsItIs(request, verified))
      createDirectory({ fileSystem, root: destination, cores }, verified.adopt);
    else buildDirectoryStore(fileSystem, destination, { forEachEntry, summary, cores, shapes });
    return;
  }
  const path = verified.log ?? join(folder, 'fold.snap');
  if (verified.log === undefined)
    buildFoldLog(fileSystem, path, { forEachEntry, cursor, largeValues: request.largeValues });
  else syncFile(fileSystem, path);
  moveIntoPlace(fileSystem, path, request.destination);
}

function refuseExisting(fileSystem: FileSystem, destination: string): void {
  const status = fileSystem.status(destination);
  if (status === undefined) return;
  if (isEmptyFolder(fileSystem, destination)) return;
  throw new StatelogError('ALREADY_EXISTS', 'something is there already', {
    path: destination,
    safe: 'nothing was changed',
    hint: 'choose another path, or remove what is there',
  });
}
