import { join } from 'node:path';
import { fileChunks } from '../../artifact/write/payload.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { composedFileSystem, type FileSlice } from '../../storage-io/views/composed-file-system.js';
import { isUnreadable } from '../../storage-io/views/reading-on-file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { ScratchFolder } from '../../storage-io/whole/scratch-folder.js';
import { isStatelogError } from '../../errors.js';
import { gunzipped, isGzip, type GunzipOutcome } from './gunzip.js';
import { gzipFinding } from './gzip-finding.js';

/** Files of stores and folders; whatever else lies in one stays as it is. */
const OURS = /^(MANIFEST\.json|wal-\d{1,5}\.log|state-\d{1,5}\.(db|idx)|fold\.snap)(\.gz)?$/;
const DEPTH_MAX = 8;

/** Files that are read through gzip. */
export interface Expanded {
  /** Says so of each. One whose stream is cut or damaged is damage. */
  readonly findings: readonly Finding[];
  /** Shows them as what is in them. */
  readonly through: (fileSystem: FileSystem) => FileSystem;
}

/**
 * Expands a file that gzip compressed, or those files of ours below a folder, into a scratch folder.
 * @throws StatelogError `DISK_FULL`; what reading throws
 */
export async function expanded(
  fileSystem: FileSystem,
  path: string,
  scratch: ScratchFolder,
): Promise<Expanded> {
  const files = new Map<string, readonly FileSlice[]>();
  const findings: Finding[] = [];
  for (const file of gzippedAt(fileSystem, path)) {
    let outcome: GunzipOutcome | undefined;
    const descriptor = fileSystem.openRead(file);
    try {
      const { size } = fileSystem.statusOf(descriptor);
      const chunks = gunzipped(fileChunks(fileSystem, descriptor, size), (ended) => {
        outcome = ended;
      });
      files.set(file, [await scratch.write(chunks)]);
      if (outcome !== undefined) findings.push(gzipFinding(file, 'file', size, outcome));
    } finally {
      closeQuietly(fileSystem, descriptor);
    }
  }
  return {
    findings,
    through: (inner) => (files.size === 0 ? inner : composedFileSystem(inner, { files })),
  };
}

function* gzippedAt(fileSystem: FileSystem, path: string): Generator<string, void> {
  const kind = fileSystem.statusFollowing(path)?.kind;
  if (kind === 'file' && startsAsGzip(fileSystem, path)) yield path;
  if (kind === 'directory') yield* gzippedBelow(fileSystem, path, 0);
}

function* gzippedBelow(fileSystem: FileSystem, folder: string, depth: number): Generator<string, void> {
  for (const name of fileSystem.readDirectory(folder)) {
    const path = join(folder, name);
    const kind = fileSystem.status(path)?.kind;
    if (kind === 'directory' && depth < DEPTH_MAX) yield* gzippedBelow(fileSystem, path, depth + 1);
    if (kind === 'file' && OURS.test(name) && startsAsGzip(fileSystem, path)) yield path;
  }
}

function startsAsGzip(fileSystem: FileSystem, path: string): boolean {
  const head = new Uint8Array(4);
  try {
    const descriptor = fileSystem.openRead(path);
    try {
      return isGzip(head.subarray(0, fileSystem.read(descriptor, head, 0, head.length, 0)));
    } finally {
      closeQuietly(fileSystem, descriptor);
    }
  } catch (error) {
    // Whoever reads all of it says what is wrong.
    if (isUnreadable(error) || isStatelogError(error)) return false;
    throw error;
  }
}
