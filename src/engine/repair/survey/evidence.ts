import { basename, join } from 'node:path';
import { MANIFEST_NAME } from '../../directory/manifest/layout.js';
import {
  decodeManifest,
  MANIFEST_BYTES_MAX,
  type DirectoryManifest,
} from '../../directory/manifest/manifest.js';
import { isStatelogError } from '../../errors.js';
import { nothingAt } from '../../inspect/identify.js';
import { INDEX_HEADER_BYTES, STATE_HEADER_BYTES } from '../../state/format/format.js';
import type { IndexBlock } from '../../state/format/index-block.js';
import { readIndexHead } from '../../state/format/index-head.js';
import { decodeStateHeader, hasStateMagic } from '../../state/format/state-header.js';
import type { FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { readWholeFile } from '../../storage-io/whole/write-fully.js';
import { namesIn } from '../../storage-io/views/names-in.js';
import { coreIdOfSegmentName } from '../../wal/format/segment-name.js';
import { sweepFile, type RecordRun } from '../../wal/scan/record-sweep.js';
import { looksLikeSegment } from '../../wal/folder/segment-folder.js';

/** Folders within folders, and files, that are looked at; what lies deeper or comes later is passed over. */
const DEPTH_MAX = 8;
const FILES_MAX = 100_000;
/** How much of a file is looked at for a record, wherever it stands. */
const PROBE_BYTES = 1024 * 1024;

/** A file, and what it was when it was looked at. */
export interface FileEvidence {
  readonly path: string;
  readonly status: FileStatus;
}

/** A file with good records of a write-ahead log; or one that is named like a segment, and has none. */
export interface SegmentEvidence extends FileEvidence {
  readonly kind: 'segment';
  readonly runs: readonly RecordRun[];
}

/** An index that says of itself whose it is: by its block, which has a checksum. */
export interface IndexEvidence extends FileEvidence {
  readonly kind: 'index';
  readonly block: IndexBlock;
}

/** A file that begins as a state file does. */
export interface ValuesEvidence extends FileEvidence {
  readonly kind: 'values';
  readonly generation: bigint;
}

/** A manifest that holds together. */
export interface ManifestEvidence extends FileEvidence {
  readonly kind: 'manifest';
  readonly manifest: DirectoryManifest;
}

/** The content of a file as evidence, whatever the file is named. */
export type Evidence = SegmentEvidence | IndexEvidence | ValuesEvidence | ManifestEvidence;

/** The paths to survey, and those to leave out. */
export interface SurveyScope {
  /** False: no folders within the folder. */
  readonly isDeep: boolean;
  /** Files and folders that are passed over, by `FileStatus.identity`. */
  readonly without?: ReadonlySet<string> | undefined;
  /** Paths that are passed over. */
  readonly except?: readonly string[] | undefined;
}

/**
 * Looks at everything under a folder, and tells of each file what it says it is: nothing is believed for its name or its
 * place. Files that say nothing are left out. Links are followed, and each folder is looked at once.
 */
export function surveyFolder(fileSystem: FileSystem, folder: string, scope: SurveyScope): Evidence[] {
  const found: Evidence[] = [];
  for (const { path, status } of filesUnder(fileSystem, folder, scope)) {
    const evidence = attempt(() => evidenceOf(fileSystem, path, status));
    if (evidence !== undefined) found.push(evidence);
  }
  return found;
}

/** All files under a folder. Links are followed, and each folder is looked at once. */
export function filesUnder(
  fileSystem: FileSystem,
  folder: string,
  scope: SurveyScope,
): Generator<FileEvidence, void> {
  return new FileVisit(fileSystem, scope).visit(folder, 0);
}

class FileVisit {
  readonly #fileSystem: FileSystem;
  readonly #scope: SurveyScope;
  /** Folders that were seen already: links may lead to the same again. */
  readonly #seen = new Set<string>();
  #files = 0;

  constructor(fileSystem: FileSystem, scope: SurveyScope) {
    this.#fileSystem = fileSystem;
    this.#scope = scope;
  }

  *visit(folder: string, depth: number): Generator<FileEvidence, void> {
    for (const name of namesIn(this.#fileSystem, folder)) {
      const path = join(folder, name);
      if (this.#scope.except?.includes(path) === true) continue;
      const status = attempt(() => this.#fileSystem.statusFollowing(path));
      if (status !== undefined && this.#scope.without?.has(status.identity) === true) continue;
      if (status?.kind === 'directory' && this.#scope.isDeep && depth < DEPTH_MAX) {
        if (!this.#seen.has(status.identity)) yield* this.visit(path, depth + 1);
        this.#seen.add(status.identity);
      }
      if (status?.kind !== 'file' || this.#files >= FILES_MAX) continue;
      this.#files += 1;
      yield { path, status };
    }
  }
}

/** Whether a file is a segment by its name or its content, and does not begin as a state file does. */
export function isSegment(fileSystem: FileSystem, path: string): boolean {
  if (hasStateMagic(headOf(fileSystem, path))) return false;
  return (
    coreIdOfSegmentName(basename(path)) !== undefined ||
    looksLikeSegment(fileSystem, path) ||
    // What begins in the middle of a record may say that nothing behind is a record of a log.
    sweepFile(fileSystem, path, PROBE_BYTES).length > 0
  );
}

/** Reads the evidence in one file; undefined if it holds none. */
export function evidenceOf(fileSystem: FileSystem, path: string, status: FileStatus): Evidence | undefined {
  const head = headOf(fileSystem, path);
  const name = basename(path);
  if (hasStateMagic(head)) return pairEvidence(fileSystem, path, status, head);
  if (name.startsWith(MANIFEST_NAME) || head[0] === OPENING_BRACE) {
    const manifest = attempt(() => decodeManifest(readWholeFile(fileSystem, path, MANIFEST_BYTES_MAX), path));
    if (manifest !== undefined) return { kind: 'manifest', path, status, manifest };
  }
  if (!isSegment(fileSystem, path)) return undefined;
  return { kind: 'segment', path, status, runs: sweepFile(fileSystem, path) };
}

const OPENING_BRACE = 0x7b;

/** Reads what a file says of itself as one half of a pair; undefined if it does not begin as one. */
export function pairEvidenceOf(
  fileSystem: FileSystem,
  path: string,
  status: FileStatus,
): IndexEvidence | ValuesEvidence | undefined {
  const head = headOf(fileSystem, path);
  return hasStateMagic(head) ? pairEvidence(fileSystem, path, status, head) : undefined;
}

/** An index where its block holds together, else a state file: both begin alike. */
function pairEvidence(
  fileSystem: FileSystem,
  path: string,
  status: FileStatus,
  head: Uint8Array,
): IndexEvidence | ValuesEvidence | undefined {
  const block = attempt(() => blockOf(fileSystem, path));
  if (block !== undefined) return { kind: 'index', path, status, block };
  const generation = attempt(() => decodeStateHeader(head.subarray(0, STATE_HEADER_BYTES), path));
  return generation === undefined ? undefined : { kind: 'values', path, status, generation };
}

function blockOf(fileSystem: FileSystem, path: string): IndexBlock | undefined {
  const descriptor = fileSystem.openRead(path);
  try {
    return readIndexHead(fileSystem, descriptor, path).block;
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}

function headOf(fileSystem: FileSystem, path: string): Uint8Array {
  const descriptor = fileSystem.openRead(path);
  try {
    const head = new Uint8Array(Math.max(INDEX_HEADER_BYTES, STATE_HEADER_BYTES));
    return head.subarray(0, fileSystem.read(descriptor, head, 0, head.length, 0));
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}

/** Reads something; undefined if it is not there, not readable, or damaged. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const codes = [
      'NOT_FOUND',
      'DAMAGED',
      'UNKNOWN_FORMAT',
      'UNSUPPORTED_VERSION',
      'NOT_A_FILE',
      'PERMISSION_DENIED',
    ] as const;
    if (codes.some((code) => isStatelogError(error, code))) return undefined;
    throw error;
  }
}

/**
 * The identities of files and folders that are to be passed over.
 * @throws StatelogError `NOT_FOUND` for a path at which nothing is
 */
export function identitiesOf(fileSystem: FileSystem, paths: readonly string[]): Set<string> {
  return new Set(
    paths.map((path) => {
      const status = fileSystem.statusFollowing(path);
      if (status === undefined) throw nothingAt(fileSystem, path);
      return status.identity;
    }),
  );
}

/** Whether a path leads to a file that is to be passed over. */
export function isPassedOver(fileSystem: FileSystem, path: string, without: ReadonlySet<string>): boolean {
  if (without.size === 0) return false;
  const identity = attempt(() => fileSystem.statusFollowing(path))?.identity;
  return identity !== undefined && without.has(identity);
}
