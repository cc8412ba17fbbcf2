import { relative } from 'node:path';
import {
  TAR_BLOCK_BYTES,
  decodeTarHeader,
  paddingAfter,
  type TarEntry,
} from '../../artifact/format/tar-header.js';
import { startsWithBytes } from '../../bytes/compare.js';
import { MAGIC as FOLD_MAGIC } from '../../fold/format/format.js';
import { hasStateMagic } from '../../state/format/state-header.js';
import type { FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import type { FileSlice } from '../../storage-io/views/composed-file-system.js';
import { readFully } from '../../storage-io/whole/write-fully.js';
import { filesUnder } from '../survey/evidence.js';

const OUR_NAMES =
  /^(\.\/)?([^/]+\/)?(MANIFEST\.json|data\/(fold\.snap|CHECKPOINT\.json|state-\d{1,5}\.(db|idx)))$/;
const OWN_START = /^(MANIFEST\.json$|data\/)/;
const WRAPPED = /^[^/]+\/(MANIFEST\.json$|data\/.*)/;
/** Position of an entry's size in a tar's header, in octal. */
const SIZE_AT = 124;
const SIZE_DIGITS = 11;

/** A stretch of bytes in an artifact that may be one of its files. */
export interface PayloadPart {
  /** Path in the artifact; of bytes in a tar whose header is gone, where they start. */
  readonly name: string;
  readonly slice: FileSlice;
  /** False where only the start is certain: the file ends somewhere in the slice. */
  readonly hasEnd: boolean;
}

/** The files of an artifact that is a folder, however deep they lie. */
export function* partsOfFolder(fileSystem: FileSystem, root: string): Generator<PayloadPart, void> {
  for (const { path } of filesUnder(fileSystem, root, { isDeep: true })) {
    const holder = fileSystem.status(path);
    if (holder?.kind !== 'file') continue;
    const slice = { path, start: 0, length: holder.size, holder };
    yield { name: relative(root, path), slice, hasEnd: true };
  }
}

/**
 * The files of a tar by their headers, of which a damaged one may still have its name; where one has not, a file by its own first bytes.
 * @param stated takes the bytes that each header says, by the file's path
 */
export function* partsOfTar(
  fileSystem: FileSystem,
  path: string,
  stated: Map<string, number>,
): Generator<PayloadPart, void> {
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
        const slice = sliceOf(path, at + TAR_BLOCK_BYTES, length, holder);
        yield { name: nameIn(entry.name), slice, hasEnd: true };
        at += length + paddingAfter(length);
      } else if (startsWithBytes(block, FOLD_MAGIC) || hasStateMagic(block)) {
        const slice = sliceOf(path, at, holder.size - at, holder);
        yield { name: `byte ${at}`, slice, hasEnd: false };
      }
    }
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
