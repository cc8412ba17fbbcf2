import { join } from 'node:path';
import { PAYLOAD_FOLDER } from '../artifact/format/format.js';
import { decodeTarHeader, looksLikeTarHeader, TAR_BLOCK_BYTES } from '../artifact/format/tar-header.js';
import { diskCopyHint, missingHint } from '../bytes/text/command-hints.js';
import { isCertainlyForeign } from '../bytes/text/foreign-bytes.js';
import { startsWithBytes } from '../bytes/compare.js';
import { readU32 } from '../bytes/halves.js';
import { byteOrderMarkLength, toUtf8 } from '../bytes/text/text.js';
import { MANIFEST_NAME } from '../directory/manifest/layout.js';
import { isDirectoryManifest } from '../directory/manifest/manifest-file.js';
import { MANIFEST_BYTES_MAX } from '../directory/manifest/manifest.js';
import { StatelogError } from '../errors.js';
import { MAGIC as FOLD_MAGIC } from '../fold/format/format.js';
import { isTornHeader } from '../fold/format/header.js';
import { cutAtLimit, foreignFile } from './strangers/foreign-file.js';
import { holdsPartOfStore } from './strangers/loose-parts.js';
import { snapshotsOf } from './strangers/snapshot-places.js';
import { strangeFolder } from './strangers/strange-folders.js';
import { looksLikeLog } from '../fold/scan/log-probe.js';
import { hasStateMagic } from '../state/format/state-header.js';
import { isLogName } from '../store/log-name.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { danglingLink, isDanglingLink } from '../storage-io/interface/system-error.js';
import { readFully, readWholeFile } from '../storage-io/whole/write-fully.js';
import { isPlausibleLength } from '../wal/format/record.js';
import { coreIdOfSegmentName } from '../wal/format/segment-name.js';
import { listSegments, looksLikeSegment } from '../wal/folder/segment-folder.js';

/** The kinds of things that a path can be. */
export type IdentifiedKind =
  | 'directory'
  | 'log'
  | 'state-file'
  | 'wal-segment'
  | 'wal-folder'
  | 'artifact-folder'
  | 'artifact-tar'
  | 'ndjson';

/** The identity of a path. */
export interface PathIdentity {
  readonly kind: IdentifiedKind;
  /** The path to open: as given, but of a state file's index the state file. */
  readonly path: string;
}

/** How an NDJSON export begins. */
const NDJSON_START = toUtf8('{"statelog":');
/** How much of a file is looked at for a tar's header, and how much at a time. */
const TAR_PROBE_BYTES = 1024 * 1024;
const TAR_CHUNK_BYTES = 64 * 1024;
/** Names of files that an artifact has in its folder of data. */
const PAYLOAD_NAME = /^(fold\.snap|CHECKPOINT\.json|state-\d{1,5}\.(db|idx))$/;
/** An index starts as its state file does, so here the name has to tell. */
const INDEX_EXTENSION = /\.idx(\.new)?$/;

/**
 * Tells what a path is by what is in it, never by its name alone. It reads a little, and changes nothing.
 * @throws StatelogError `NOT_FOUND`, `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`, `NOT_A_FILE` for a FIFO or device
 */
export function identify(fileSystem: FileSystem, path: string): PathIdentity {
  const status = fileSystem.statusFollowing(path);
  if (status === undefined) {
    throw nothingAt(fileSystem, path);
  }
  return status.kind === 'directory' ? identifyFolder(fileSystem, path) : identifyFile(fileSystem, path);
}

/** The error for a path where nothing is, which may be a link that leads nowhere. */
export function nothingAt(fileSystem: FileSystem, path: string, hint = 'check the path'): StatelogError {
  if (isDanglingLink(fileSystem, path)) return danglingLink(path, 'NOT_FOUND');
  const snapshots = snapshotsOf(fileSystem, path);
  if (snapshots !== undefined) {
    const { message, hint: found } = snapshots;
    return new StatelogError('NOT_FOUND', `there is nothing at this path; ${message}`, { path, hint: found });
  }
  return new StatelogError('NOT_FOUND', 'there is nothing at this path', { path, hint });
}

function identifyFolder(fileSystem: FileSystem, path: string): PathIdentity {
  const names = fileSystem.readDirectory(path);
  const known = knownFolder(fileSystem, path, names);
  // What the state files beside its segments hold, or the folders of a store, is a part of it, too.
  if (known?.kind === 'wal-folder' && holdsPartOfStore(fileSystem, path, names)) throw withoutManifest(path);
  if (known !== undefined) return known;
  if (names.length === 0) throw unknown(path, 'the folder is empty');
  const strange = strangeFolder(fileSystem, path, names, (one) => knownAt(fileSystem, one));
  if (strange === 'parts of a store') throw withoutManifest(path);
  if (strange === undefined) throw unknown(path, 'the folder holds nothing that statelog knows');
  throw stranger(path, strange.message, strange.hint);
}

/** Identifies a path by itself, without looking round it. */
function knownAt(fileSystem: FileSystem, path: string): PathIdentity | undefined {
  if (fileSystem.statusFollowing(path)?.kind !== 'directory') return identifyFile(fileSystem, path);
  return knownFolder(fileSystem, path, fileSystem.readDirectory(path));
}

/** @throws StatelogError `DAMAGED` for a state directory without its manifest */
function knownFolder(
  fileSystem: FileSystem,
  path: string,
  names: readonly string[],
): PathIdentity | undefined {
  if (names.includes(MANIFEST_NAME)) return { kind: kindOfManifest(fileSystem, path), path };
  // Before its files: something that was put there by mistake may have the name of a segment.
  if (names.includes('wal') && names.includes('checkpoints')) throw withoutManifest(path);
  if (holdsPayload(fileSystem, path, names)) return { kind: 'artifact-folder', path };
  return listSegments(fileSystem, path).length > 0 ? { kind: 'wal-folder', path } : undefined;
}

/** The error for a state directory, or what there is of one. */
function withoutManifest(folder: string): StatelogError {
  return new StatelogError('DAMAGED', 'the folder looks like a state directory, and has no MANIFEST.json', {
    path: join(folder, MANIFEST_NAME),
    class: 'missing-file',
    safe: 'nothing was changed',
    hint: missingHint(folder),
  });
}

/** True for an artifact that lost its manifest: its payload has names of its own. */
function holdsPayload(fileSystem: FileSystem, folder: string, names: readonly string[]): boolean {
  if (!names.includes(PAYLOAD_FOLDER)) return false;
  const payload = join(folder, PAYLOAD_FOLDER);
  if (fileSystem.status(payload)?.kind !== 'directory') return false;
  return fileSystem.readDirectory(payload).some((name) => PAYLOAD_NAME.test(name));
}

function kindOfManifest(fileSystem: FileSystem, folder: string): 'directory' | 'artifact-folder' {
  const path = join(folder, MANIFEST_NAME);
  const bytes = readWholeFile(fileSystem, path, MANIFEST_BYTES_MAX);
  if (isDirectoryManifest(bytes)) return 'directory';
  if (new TextDecoder().decode(bytes).includes('"schema_version"')) return 'artifact-folder';
  const names = fileSystem.readDirectory(folder);
  if (names.includes('wal') || names.includes('checkpoints')) return 'directory';
  if (names.includes('data')) return 'artifact-folder';
  throw unknown(path, 'the folder has a MANIFEST.json that is not ours');
}

function headOf(fileSystem: FileSystem, path: string): Uint8Array {
  const descriptor = fileSystem.openRead(path);
  try {
    const { size } = fileSystem.statusOf(descriptor);
    const head = new Uint8Array(Math.min(size, TAR_BLOCK_BYTES));
    readFully(fileSystem, descriptor, head);
    return head;
  } finally {
    fileSystem.close(descriptor);
  }
}

function identifyFile(fileSystem: FileSystem, path: string): PathIdentity {
  const head = headOf(fileSystem, path);
  if (startsWithBytes(head, FOLD_MAGIC)) return { kind: 'log', path };
  if (hasStateMagic(head)) return { kind: 'state-file', path: statePathOf(fileSystem, path) };
  if (startsWithBytes(head.subarray(byteOrderMarkLength(head)), NDJSON_START))
    return { kind: 'ndjson', path };
  if (looksLikeTarHeader(head)) return { kind: 'artifact-tar', path };
  // Made by a writer that died at once: the next one makes it anew.
  if (isTornHeader(head) && isLogName(path)) return { kind: 'log', path };
  const isNamedSegment = coreIdOfSegmentName(path.slice(path.lastIndexOf('/') + 1)) !== undefined;
  if (head.length === 0) {
    if (isNamedSegment) return { kind: 'wal-segment', path };
    // Cut to nothing, beside the other half of its pair.
    if (isHalfOfPair(fileSystem, path)) return { kind: 'state-file', path: statePathOf(fileSystem, path) };
    throw unknown(path, 'the file is empty');
  }
  const isForeign = isCertainlyForeign(head) && !isNamedSegment;
  // A name and a first length like a segment's: it is one, even if its every record is gone, which takes long to find out.
  const length = head.length >= 4 ? readU32(head, 0) : 0;
  if (isNamedSegment && isPlausibleLength(length)) return { kind: 'wal-segment', path };
  if (!isForeign && looksLikeSegment(fileSystem, path)) return { kind: 'wal-segment', path };
  // A tar before a fold log, which may lie in it.
  if (!isForeign && looksLikeTar(fileSystem, path)) return { kind: 'artifact-tar', path };
  if (!isForeign && looksLikeLog(fileSystem, path)) return { kind: 'log', path };
  if (isNamedSegment && length === 0) return { kind: 'wal-segment', path };
  if (isHalfOfPair(fileSystem, path)) return { kind: 'state-file', path: statePathOf(fileSystem, path) };
  if (fileSystem.unreadable?.touches(path, 0, TAR_PROBE_BYTES) === true) throw headUnreadable(path);
  const foreign = snapshotsOf(fileSystem, path) ?? foreignFile(fileSystem, path);
  if (foreign !== undefined) throw stranger(path, foreign.message, foreign.hint);
  const { size = 0 } = fileSystem.statusFollowing(path) ?? {};
  throw unknown(path, `the file is of no kind that statelog knows${cutAtLimit(size)}`);
}

/** True for a state file or an index whose header is damaged: by its name, and by the other half beside it. */
function isHalfOfPair(fileSystem: FileSystem, path: string): boolean {
  const isIndex = INDEX_EXTENSION.test(path);
  if (!isIndex && !path.endsWith('.db')) return false;
  const other = isIndex ? path.replace(INDEX_EXTENSION, '.db') : path.replace(/\.db$/, '.idx');
  if (fileSystem.statusFollowing(other)?.kind !== 'file') return false;
  return hasStateMagic(headOf(fileSystem, other));
}

/** Given an index, the state file beside it is meant. */
function statePathOf(fileSystem: FileSystem, path: string): string {
  if (!INDEX_EXTENSION.test(path)) return path;
  const beside = path.replace(INDEX_EXTENSION, '.db');
  return fileSystem.statusFollowing(beside) === undefined ? path : beside;
}

/** True if one of the blocks in a file's first MiB is a tar's header: those before it may be damaged. */
function looksLikeTar(fileSystem: FileSystem, path: string): boolean {
  const descriptor = fileSystem.openRead(path);
  try {
    const chunk = new Uint8Array(TAR_CHUNK_BYTES);
    for (let start = 0; start < TAR_PROBE_BYTES; start += chunk.length) {
      const count = fileSystem.read(descriptor, chunk, 0, chunk.length, start);
      for (let at = 0; at + TAR_BLOCK_BYTES <= count; at += TAR_BLOCK_BYTES) {
        if (typeof decodeTarHeader(chunk.subarray(at, at + TAR_BLOCK_BYTES)) !== 'string') return true;
      }
      if (count < chunk.length) return false;
    }
    return false;
  } finally {
    fileSystem.close(descriptor);
  }
}

/** The error for a path whose first bytes, which would identify it, cannot be read. */
function headUnreadable(path: string): StatelogError {
  return new StatelogError(
    'DAMAGED',
    'what the file is cannot be told: the disk does not give its start out',
    {
      path,
      class: 'unreadable',
      safe: 'nothing was changed',
      hint: diskCopyHint(path),
    },
  );
}

function unknown(path: string, what: string): StatelogError {
  return stranger(
    path,
    what,
    'statelog opens state directories, fold logs, LaminarDB state files, WAL segments, artifacts and NDJSON exports',
  );
}

function stranger(path: string, what: string, hint: string): StatelogError {
  return new StatelogError('UNKNOWN_FORMAT', what, { path, safe: 'nothing was changed', hint });
}
