import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDirectory } from '../directory/checkpoint/create-directory.js';
import { cursorText } from '../fold/format/position-text.js';
import { repairHint } from '../bytes/text/command-hints.js';
import { isStatelogError, StatelogError } from '../errors.js';
import type { Finding } from '../finding.js';
import { openInput } from '../inspect/input/open-input.js';
import { refuseWithinStore } from '../inspect/lies-in-store.js';
import { anchoredPlace } from '../storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import { removeTree } from '../storage-io/whole/remove-tree.js';
import { isEmptyFolder, moveIntoPlace } from '../storage-io/whole/into-place.js';
import { StagingFolder } from '../storage-io/whole/staging-folder.js';
import { syncFile } from '../storage-io/whole/sync-tree.js';
import { buildDirectoryStore, buildFoldLog } from './build-store.js';
import { BegunDownload } from './download/begun-download.js';
import type { Download } from './download/download.js';
import type { IncrementChain } from './chain/increment-chain.js';
import { layered } from './chain/layered.js';
import type { ImportReport, ImportRequest, Survey, Verified } from './import-request.js';
import { verifySource } from './import-source.js';
import { checkTarget, coresOf, isTakenAsItIs, surveyOf } from './import-survey.js';
import { alreadyThere } from '../storage-io/whole/already-there.js';

export type { ImportReport, ImportRequest } from './import-request.js';

/** Name of the copy's folder. */
const COPY_NAME = 'source';
/** The folder for copies that are only looked at. */
const COPIES = join(tmpdir(), 'statelog-import');

/**
 * Makes a store of an artifact, a stream, or another system's files. All of the source is verified
 * first; the store is then there whole and durable, or not at all.
 * @throws StatelogError `ALREADY_EXISTS`, `SAME_PATH`, `NOT_REPRESENTABLE`, `DIGEST_MISMATCH`, `INVALID_ARTIFACT`,
 * `UNFINISHED_STREAM`, `DISK_FULL`; what opening the source throws
 */
export async function importStore(request: ImportRequest): Promise<ImportReport> {
  const disk = request.fileSystem ?? realFileSystem();
  if (request.stream !== undefined) return importVerified(request);
  const { fileSystem, findings, close } = await openInput(disk, request.source);
  try {
    const [damage] = findings;
    if (damage !== undefined) throw damagedSource(damage);
    return await importVerified({ ...request, fileSystem });
  } finally {
    close();
  }
}

/**
 * Makes a store as `importStore` does, of a snapshot and the increments that stand on it.
 * @param download the snapshot, in the place of a stream: what an import fetched that was killed is not fetched again
 * @throws StatelogError as `importStore`; `SOURCE_MISMATCH` where one does not stand on what comes before it
 */
export function importChain(
  request: ImportRequest,
  chain: IncrementChain | undefined,
  download?: Download,
): Promise<ImportReport> {
  return importVerified(request, chain, download);
}

function damagedSource({ file, message }: Finding): StatelogError {
  return new StatelogError('UNFINISHED_STREAM', message, {
    path: file,
    safe: 'nothing was made of it',
    hint: repairHint(file),
  });
}

async function importVerified(
  request: ImportRequest,
  chain?: IncrementChain,
  download?: Download,
): Promise<ImportReport> {
  const { destination, dryRun = false } = request;
  const fileSystem = anchoredPlace(
    anchoredPlace(request.fileSystem ?? realFileSystem(), destination),
    COPIES,
  );
  refuseExisting(fileSystem, destination);
  refuseWithinStore(fileSystem, destination);
  const begun = download && (await BegunDownload.find(fileSystem, destination, COPY_NAME, download));
  try {
    const report = await importWith(fileSystem, request, begun, chain);
    if (!dryRun) begun?.remove();
    return report;
  } catch (error) {
    // What is refused for good would be refused again.
    if (isStatelogError(error, 'DIGEST_MISMATCH')) begun?.remove();
    throw error;
  } finally {
    begun?.leave();
  }
}

async function importWith(
  fileSystem: FileSystem,
  request: ImportRequest,
  begun: BegunDownload | undefined,
  chain: IncrementChain | undefined,
): Promise<ImportReport> {
  const { destination, dryRun = false } = request;
  // Made in a dry run, too, and removed: whether that can be done is part of the answer.
  const staging = StagingFolder.make(fileSystem, destination);
  if (dryRun) staging.remove();
  const copy = new Copy(fileSystem, dryRun ? undefined : staging);
  let isLeft = false;
  try {
    const verify = (stream: ImportRequest['stream']): Promise<Verified> =>
      verifySource(fileSystem, { ...request, stream }, () => copy.folder());
    const snapshot = await (begun === undefined
      ? verify(request.stream)
      : begun.use(dryRun ? undefined : staging, verify));
    try {
      const verified = chain === undefined ? snapshot : layered(snapshot, chain, request.source);
      const survey = surveyOf(request, verified);
      checkTarget(request, verified, survey);
      if (survey.kind === 'log' && fileSystem.status(destination) !== undefined)
        throw alreadyThere(destination);
      if (!dryRun) build(fileSystem, request, verified, survey, staging.path);
      return reportOf(request, verified, survey);
    } finally {
      snapshot.close();
    }
  } catch (error) {
    isLeft = begun?.isWorthLeaving(error) === true;
    throw isLeft ? begun!.interrupted(error as StatelogError) : error;
  } finally {
    copy.remove();
    if (isLeft) staging.leave();
    else if (!dryRun) staging.remove();
  }
}

/**
 * A copy of a source that cannot be read in place: beside the destination or, only to be looked at, in a
 * folder for that.
 */
class Copy {
  readonly #fileSystem: FileSystem;
  readonly #staging: StagingFolder | undefined;
  #own: StagingFolder | undefined;

  constructor(fileSystem: FileSystem, staging: StagingFolder | undefined) {
    this.#fileSystem = fileSystem;
    this.#staging = staging;
  }

  folder(): string {
    const within = this.#staging ?? this.#makeOwn();
    const folder = join(within.path, COPY_NAME);
    // That of an attempt that failed.
    removeTree(this.#fileSystem, folder);
    this.#fileSystem.makeDirectory(folder);
    return folder;
  }

  remove(): void {
    this.#own?.remove();
  }

  #makeOwn(): StagingFolder {
    this.#own = StagingFolder.make(this.#fileSystem, COPIES);
    return this.#own;
  }
}

function reportOf(
  request: ImportRequest,
  { cursor, summary, notices }: Verified,
  survey: Survey,
): ImportReport {
  const { kind, keys, digest } = survey;
  return {
    path: request.destination,
    kind,
    epoch: kind === 'directory' ? String(summary?.epoch ?? 1n) : null,
    cursor: kind === 'log' ? (cursorText(cursor) ?? null) : null,
    keys,
    digest,
    notices,
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
  if (fileSystem.status(destination) === undefined || isEmptyFolder(fileSystem, destination)) return;
  throw alreadyThere(destination);
}
