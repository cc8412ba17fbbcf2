import { join } from 'node:path';
import { MANIFEST_BYTES_MAX, MANIFEST_NAME } from '../../artifact/format/format.js';
import { decodeExportManifest, type ExportManifest } from '../../artifact/format/manifest.js';
import {
  TAR_BLOCK_BYTES,
  decodeTarHeader,
  paddingAfter,
  type TarEntry,
} from '../../artifact/format/tar-header.js';
import { startsWithBytes } from '../../bytes/compare.js';
import { isStatelogError } from '../../errors.js';
import { MAGIC as FOLD_MAGIC } from '../../fold/format/format.js';
import type { FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import type { FileSlice } from '../../storage-io/views/composed-file-system.js';
import { readFully } from '../../storage-io/whole/write-fully.js';

const FOLD_PATH = 'data/fold.snap';
const OUR_NAMES =
  /^(\.\/)?([^/]+\/)?(MANIFEST\.json|data\/(fold\.snap|CHECKPOINT\.json|state-\d{1,5}\.(db|idx)))$/;
const OWN_START = /^(MANIFEST\.json$|data\/)/;
const WRAPPED = /^[^/]+\/(MANIFEST\.json$|data\/.*)/;
/** Position of an entry's size in a tar's header, in octal. */
const SIZE_AT = 124;
const SIZE_DIGITS = 11;

/**
 * The rest of an artifact: the places of its files, by their paths in it, and its manifest if that can be
 * read.
 */
export interface LocatedPayload {
  readonly files: ReadonlyMap<string, FileSlice>;
  readonly manifest: ExportManifest | undefined;
  /** Bytes that a file should have, by the manifest or by what holds it, where either still says so. */
  readonly stated: ReadonlyMap<string, number>;
}

/** Finds the files of an artifact, a folder or a tar, whatever else of it is damaged. Nothing is verified. */
export function locatePayload(fileSystem: FileSystem, path: string): LocatedPayload {
  const status = fileSystem.statusFollowing(path);
  const stated = new Map<string, number>();
  const isFolder = status?.kind === 'directory';
  const files = isFolder ? filesOfFolder(fileSystem, path) : filesOfTar(fileSystem, path, stated);
  const manifest = manifestOf(fileSystem, files.get(MANIFEST_NAME), path);
  for (const file of manifest?.files ?? []) stated.set(file.path, file.size);
  return { files, manifest, stated };
}

function filesOfFolder(fileSystem: FileSystem, root: string): Map<string, FileSlice> {
  const files = new Map<string, FileSlice>();
  const names = fileSystem.readDirectory(root);
  const data = names.includes('data') ? fileSystem.readDirectory(join(root, 'data')) : [];
  for (const name of [...names, ...data.map((one) => `data/${one}`)]) {
    const path = join(root, name);
    const holder = fileSystem.status(path);
    if (holder?.kind === 'file') files.set(name, { path, start: 0, length: holder.size, holder });
  }
  return files;
}

/** A header that is damaged may still have its name; a fold log is known by its own first bytes. */
function filesOfTar(
  fileSystem: FileSystem,
  path: string,
  stated: Map<string, number>,
): Map<string, FileSlice> {
  const files = new Map<string, FileSlice>();
  const descriptor = fileSystem.openRead(path);
  try {
    const holder = fileSystem.statusOf(descriptor);
    const block = new Uint8Array(TAR_BLOCK_BYTES);
    const readBlock = (at: number): void => {
      readFully(fileSystem, descriptor, block, 0, TAR_BLOCK_BYTES, at);
    };
    for (let at = 0; at + TAR_BLOCK_BYTES <= holder.size; at += TAR_BLOCK_BYTES) {
      readBlock(at);
      const entry = entryOf(block);
      if (typeof entry !== 'string') {
        if (entry.kind === 'folder') continue;
        const length = Math.min(entry.size, holder.size - at - TAR_BLOCK_BYTES);
        stated.set(nameIn(entry.name), entry.size);
        files.set(nameIn(entry.name), sliceOf(path, at + TAR_BLOCK_BYTES, length, holder));
        at += length + paddingAfter(length);
      } else if (!files.has(FOLD_PATH) && startsWithBytes(block, FOLD_MAGIC)) {
        files.set(FOLD_PATH, sliceOf(path, at, holder.size - at, holder));
        return files;
      }
    }
    return files;
  } finally {
    fileSystem.close(descriptor);
  }
}

/** An entry by its header; by what is left of that, where it is one of ours. */
function entryOf(block: Uint8Array): TarEntry | string {
  const entry = decodeTarHeader(block);
  if (typeof entry !== 'string') return entry;
  const text = Buffer.from(block.buffer, block.byteOffset, block.length).toString('latin1');
  const name = text.slice(0, text.indexOf('\0'));
  const size = /^[0-7]{11}$/.exec(text.slice(SIZE_AT, SIZE_AT + SIZE_DIGITS))?.[0];
  if (!OUR_NAMES.test(name) || size === undefined) return entry;
  return { kind: 'file', name, size: Number.parseInt(size, 8) };
}

function sliceOf(path: string, start: number, length: number, holder: FileStatus): FileSlice {
  return { path, start, length, holder };
}

/** The folder's name, which `tar -cf x.tar artifact` puts in front of every entry, is taken off. */
function nameIn(name: string): string {
  const path = name.startsWith('./') ? name.slice(2) : name;
  return OWN_START.test(path) ? path : (WRAPPED.exec(path)?.[1] ?? path);
}

function manifestOf(
  fileSystem: FileSystem,
  slice: FileSlice | undefined,
  origin: string,
): ExportManifest | undefined {
  if (slice === undefined || slice.length > MANIFEST_BYTES_MAX) return undefined;
  const bytes = new Uint8Array(slice.length);
  const descriptor = fileSystem.openRead(slice.path);
  try {
    readFully(fileSystem, descriptor, bytes, 0, bytes.length, slice.start);
    return decodeExportManifest(bytes, origin);
  } catch (error) {
    if (isStatelogError(error, 'INVALID_ARTIFACT') || isStatelogError(error, 'UNSUPPORTED_VERSION'))
      return undefined;
    throw error;
  } finally {
    fileSystem.close(descriptor);
  }
}
