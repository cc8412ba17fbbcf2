import { join } from 'node:path';
import { fileChunks } from '../../artifact/write/payload.js';
import type { Finding } from '../../finding.js';
import { looksLikeLog } from '../../fold/scan/log-probe.js';
import type { FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import { composedFileSystem, type FileSlice } from '../../storage-io/views/composed-file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { startsAsGzip } from '../../storage-io/whole/gzip-start.js';
import type { ScratchFolder } from '../../storage-io/whole/scratch-folder.js';
import { namesIn } from '../../storage-io/views/names-in.js';
import { sweepFile } from '../../wal/scan/record-sweep.js';
import type { GunzipOutcome } from './gunzip.js';
import { gunzippedThrough } from './gunzip-layers.js';
import { gzipFinding } from './gzip-finding.js';

/** Files of stores and folders; whatever else lies in one stays as it is. */
const OURS = /^(MANIFEST\.json|wal-\d{1,5}\.log|state-\d{1,5}\.(db|idx)|fold\.snap)(\.gz)?$/;
const DEPTH_MAX = 8;

/** Files that are read through gzip. */
export interface Expanded {
  /** Says so of each. One whose stream is cut or damaged is damage. */
  readonly findings: readonly Finding[];
  /** Shows them as what is in them; behind a damaged stream also the file as it lies, where records of a log are in it. */
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
    const { slice, outcome, status } = await expandedFile(fileSystem, file, scratch);
    const isDamaged = outcome?.damage !== undefined;
    // What stood there before is left where a compressed file was written over it, and not to its end.
    const asItLies = { path: file, start: 0, length: status.size, holder: status };
    files.set(file, isDamaged && holdsRecords(fileSystem, file) ? [slice, asItLies] : [slice]);
    if (outcome !== undefined) findings.push(gzipFinding(file, 'file', status.size, outcome));
  }
  return {
    findings,
    through: (inner) => (files.size === 0 ? inner : composedFileSystem(inner, { files })),
  };
}

/** Expands a file; one that is damaged once more, so that all that comes out before that is had. */
async function expandedFile(
  fileSystem: FileSystem,
  file: string,
  scratch: ScratchFolder,
  held: 'usual' | 'least' = 'usual',
): Promise<{ slice: FileSlice; outcome: GunzipOutcome | undefined; status: FileStatus }> {
  let outcome: GunzipOutcome | undefined;
  const take = (ended: GunzipOutcome): void => {
    outcome = ended;
  };
  const descriptor = fileSystem.openRead(file);
  try {
    const status = fileSystem.statusOf(descriptor);
    const chunks = fileChunks(fileSystem, descriptor, status.size);
    const slice = await scratch.write(gunzippedThrough(chunks, take, held));
    const isWhole = outcome?.damage === undefined;
    return isWhole || held === 'least'
      ? { slice, outcome, status }
      : await expandedFile(fileSystem, file, scratch, 'least');
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}

/** Whether good records of a log lie in a file as it is. */
function holdsRecords(fileSystem: FileSystem, file: string): boolean {
  return sweepFile(fileSystem, file).length > 0 || looksLikeLog(fileSystem, file);
}

function* gzippedAt(fileSystem: FileSystem, path: string): Generator<string, void> {
  const kind = fileSystem.statusFollowing(path)?.kind;
  if (kind === 'file') yield* [path, ...indexesOf(path)].filter((file) => startsAsGzip(fileSystem, file));
  if (kind === 'directory') yield* gzippedBelow(fileSystem, path, 0);
}

/** The index that is read with a state file. */
function indexesOf(path: string): string[] {
  return path.endsWith('.db') ? [`${path.slice(0, -'.db'.length)}.idx`] : [];
}

function* gzippedBelow(fileSystem: FileSystem, folder: string, depth: number): Generator<string, void> {
  for (const name of namesIn(fileSystem, folder)) {
    const path = join(folder, name);
    const kind = fileSystem.status(path)?.kind;
    if (kind === 'directory' && depth < DEPTH_MAX) yield* gzippedBelow(fileSystem, path, depth + 1);
    if (kind === 'file' && OURS.test(name) && startsAsGzip(fileSystem, path)) yield path;
  }
}
