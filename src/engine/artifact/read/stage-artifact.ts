import { join } from 'node:path';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { syncTree } from '../../storage-io/whole/sync-tree.js';
import { type OnFault, reportFault, throwFault } from '../format/artifact-check.js';
import { ArtifactStaging } from './artifact-staging.js';
import type { EntrySink } from './entry-sink.js';
import type { ExportManifest } from '../format/manifest.js';
import { fileChunks } from '../write/payload.js';
import { readArtifactFolder } from './read-folder.js';
import { TarReader } from './tar-reader.js';

/** An artifact whose payload was copied to a folder of ours and is what its manifest says. */
export interface StagedArtifact {
  readonly manifest: ExportManifest;
  /** The staged path of a file that the manifest lists. */
  pathOf(file: string): string;
}

/** How an artifact is staged. */
export interface StageOptions {
  readonly fileSystem: FileSystem;
  /** Called as soon as the manifest was read: what it throws ends the work before any payload is taken. */
  readonly acceptManifest?: ((manifest: ExportManifest) => void) | undefined;
  /** False: the copy is only looked at, or synced with what becomes of it. Default: true. */
  readonly sync?: boolean | undefined;
}

/**
 * Verifies an artifact on disk, a folder or a tar, and copies its payload into an empty folder of
 * ours: the copy is durable and is what the manifest says, or this throws. The folder is the caller's
 * to remove, either way.
 * @throws StatelogError `INVALID_ARTIFACT`, `DIGEST_MISMATCH`, `UNFINISHED_STREAM`,
 * `UNSUPPORTED_VERSION`; what the file system throws
 */
export function stageArtifact(path: string, stagingFolder: string, options: StageOptions): StagedArtifact {
  const staging = makeStaging(path, stagingFolder, options);
  return staged(staging, stagingFolder, options, () => {
    readArtifact(options.fileSystem, path, staging, throwFault(path));
  });
}

/** Stages a tar that comes as a stream, as `stageArtifact` does; `name` stands for it in messages. */
export async function stageArtifactStream(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name: string,
  stagingFolder: string,
  options: StageOptions,
): Promise<StagedArtifact> {
  const staging = makeStaging(name, stagingFolder, options);
  const reader = new TarReader(staging, name);
  try {
    for await (const chunk of chunks) reader.push(chunk);
  } catch (error) {
    staging.abandon();
    throw error;
  }
  return staged(staging, stagingFolder, options, () => {
    reader.end();
  });
}

/**
 * Verifies a tar that comes as a stream, without keeping any of it.
 * @param name stands for it in messages
 * @throws StatelogError as `stageArtifactStream`
 */
export async function verifyArtifactStream(
  fileSystem: FileSystem,
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): Promise<ExportManifest> {
  const staging = makeStaging(name, undefined, { fileSystem });
  const reader = new TarReader(staging, name);
  for await (const chunk of chunks) reader.push(chunk);
  reader.end();
  // With faults thrown there is a manifest, or no return from there.
  return staging.finish()!;
}

/**
 * Looks at an artifact without copying it, and reports all that is wrong rather than the first thing;
 * what leaves nothing to go on with is thrown, as by `stageArtifact`.
 * @returns the manifest, if there is one
 */
export function checkArtifact(
  fileSystem: FileSystem,
  path: string,
  report: (finding: Finding) => void,
): ExportManifest | undefined {
  const onFault = reportFault(path, report);
  const staging = new ArtifactStaging({ fileSystem, folder: undefined, origin: path, onFault });
  readArtifact(fileSystem, path, staging, onFault);
  return staging.finish();
}

function makeStaging(origin: string, folder: string | undefined, options: StageOptions): ArtifactStaging {
  return new ArtifactStaging({ ...options, folder, origin, onFault: throwFault(origin) });
}

function staged(
  staging: ArtifactStaging,
  folder: string,
  { fileSystem, sync = true }: StageOptions,
  read: () => void,
): StagedArtifact {
  try {
    read();
    // With faults thrown there is a manifest, or no return from here.
    const manifest = staging.finish()!;
    // Only now that all of it is known to be good: a hostile artifact must not cost a sync a file.
    if (sync) syncTree(fileSystem, folder);
    return { manifest, pathOf: (file) => join(folder, file) };
  } finally {
    staging.abandon();
  }
}

/** Passes the entries of an artifact on disk on, a folder or a tar. */
export function readArtifact(fileSystem: FileSystem, path: string, sink: EntrySink, onFault: OnFault): void {
  if (fileSystem.statusFollowing(path)?.kind === 'directory') {
    readArtifactFolder({ fileSystem, root: path, sink, onFault });
    return;
  }
  const descriptor = fileSystem.openRead(path);
  try {
    const reader = new TarReader(sink, path);
    for (const chunk of fileChunks(fileSystem, descriptor, fileSystem.statusOf(descriptor).size))
      reader.push(chunk);
    reader.end();
  } finally {
    fileSystem.close(descriptor);
  }
}
