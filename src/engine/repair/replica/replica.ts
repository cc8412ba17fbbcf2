import { dirname, join, relative } from 'node:path';
import { DirectoryLayout } from '../../directory/manifest/layout.js';
import type { DirectoryManifest } from '../../directory/manifest/manifest.js';
import { StatelogError } from '../../errors.js';
import type { IdentifiedKind, PathIdentity } from '../../inspect/identify.js';
import { statePathsOf } from '../../state/format/state-paths.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { slicedFileSystem } from '../../storage-io/views/composed-file-system.js';
import { FOLD_PATH } from '../../artifact/backends/append-log-artifact.js';
import { placePayload } from '../artifact/placed-payload.js';
import { attempt, evidenceOf, surveyFolder, type Evidence } from '../survey/evidence.js';
import { commonStoreId, manifestFor } from '../survey/store-identity.js';

/** Another copy of what is repaired, of the same or of another moment; nothing of it is believed that it cannot prove. */
export interface Replica {
  readonly path: string;
  readonly kind: IdentifiedKind;
  /** The content of its files, by what they say of themselves. */
  readonly evidence: readonly Evidence[];
  /** The store that it says it is of; undefined where it says none. */
  readonly storeId: Uint8Array | undefined;
  readonly manifest: DirectoryManifest | undefined;
  /** Path of its fold log, by itself or within an artifact; undefined where it has none. */
  readonly fold: string | undefined;
}

/** A replica, and the file system in which its files are to be read. */
export interface OpenedReplica {
  readonly replica: Replica;
  readonly fileSystem: FileSystem;
}

/** Opens a replica for reading. Nothing is verified: what of it is good shows when it is used. */
export function openReplica(fileSystem: FileSystem, { kind, path }: PathIdentity): OpenedReplica {
  switch (kind) {
    case 'directory':
      return { replica: directoryReplica(fileSystem, path), fileSystem };
    case 'artifact-folder':
    case 'artifact-tar':
      return artifactReplica(fileSystem, path, kind);
    case 'wal-folder':
      return { replica: plain(kind, path, surveyFolder(fileSystem, path, { isDeep: false })), fileSystem };
    case 'state-file': {
      const { values, index } = statePathsOf(path);
      return { replica: plain(kind, path, evidenceIn(fileSystem, [values, index])), fileSystem };
    }
    case 'wal-segment':
      return { replica: plain(kind, path, evidenceIn(fileSystem, [path])), fileSystem };
    case 'log':
      return { replica: { ...plain(kind, path, []), fold: path }, fileSystem };
    case 'ndjson':
      return { replica: plain(kind, path, []), fileSystem };
  }
}

function plain(kind: IdentifiedKind, path: string, evidence: readonly Evidence[]): Replica {
  return { kind, path, evidence, storeId: undefined, manifest: undefined, fold: undefined };
}

function directoryReplica(fileSystem: FileSystem, path: string): Replica {
  const layout = new DirectoryLayout(path);
  const evidence = surveyFolder(fileSystem, path, { isDeep: true, except: [layout.broken] });
  const common = commonStoreId(evidence, layout.manifest);
  const manifest = manifestFor(evidence, layout.manifest, common)?.manifest;
  return { ...plain('directory', path, evidence), storeId: common ?? manifest?.storeId, manifest };
}

function artifactReplica(fileSystem: FileSystem, path: string, kind: IdentifiedKind): OpenedReplica {
  const { files } = placePayload(fileSystem, path).payload;
  const slices = [...files].map(([name, slice]) => [join(path, name), slice] as const);
  const sliced = slicedFileSystem(fileSystem, new Map(slices));
  const fold = files.has(FOLD_PATH) ? join(path, FOLD_PATH) : undefined;
  const others = slices.map(([one]) => one).filter((one) => one !== fold);
  return { replica: { ...plain(kind, path, evidenceIn(sliced, others)), fold }, fileSystem: sliced };
}

function evidenceIn(fileSystem: FileSystem, paths: readonly string[]): Evidence[] {
  return paths.flatMap((path) => {
    const status = attempt(() => fileSystem.statusFollowing(path));
    if (status?.kind !== 'file') return [];
    return attempt(() => evidenceOf(fileSystem, path, status)) ?? [];
  });
}

/**
 * A replica is another copy: it is neither the source nor a part of it, nor the other way round.
 * @throws StatelogError `SAME_PATH`
 */
export function refuseSameReplica(fileSystem: FileSystem, source: string, replica: string): void {
  const [one, other] = [fileSystem.realPath(source), fileSystem.realPath(replica)];
  if (!isWithin(one, other) && !isWithin(other, one)) return;
  throw new StatelogError('SAME_PATH', 'the replica is the source, or one of them lies within the other', {
    path: replica,
    safe: 'nothing was changed',
    hint: 'name a copy that lies elsewhere',
  });
}

function isWithin(path: string, folder: string): boolean {
  const below = relative(folder, path);
  return below === '' || (!below.startsWith('..') && dirname(path) !== path && !below.startsWith('/'));
}
