import { join } from 'node:path';
import type { FileKind, FileSystem } from '../../storage-io/interface/file-system.js';
import { VOLUME_FOLDER_NAME } from '../../storage-io/whole/into-place.js';
import type { OnFault } from '../format/artifact-check.js';
import type { EntrySink } from './entry-sink.js';
import { ENTRIES_MAX, MANIFEST_NAME, PATH_DEPTH_MAX } from '../format/format.js';
import { fileChunks } from '../write/payload.js';

interface Reading {
  readonly fileSystem: FileSystem;
  readonly root: string;
  readonly sink: EntrySink;
  readonly onFault: OnFault;
}

/**
 * Passes the entries of an artifact that is a folder on: the manifest first, then the rest. Only
 * plain files are opened, and no link is followed below the root.
 */
export function readArtifactFolder(reading: Reading): void {
  const { fileSystem, root } = reading;
  const names = fileSystem.readDirectory(root);
  // The root of a volume has a folder of its own, which is no part of what was put there.
  const rest = names.filter((name) => name !== MANIFEST_NAME && name !== VOLUME_FOLDER_NAME);
  if (names.includes(MANIFEST_NAME)) readEntry(reading, MANIFEST_NAME, 0);
  for (const name of rest) readEntry(reading, name, 0);
}

function readEntry(reading: Reading, path: string, depth: number): void {
  const { fileSystem, root, sink, onFault } = reading;
  const kind = fileSystem.status(join(root, path))?.kind;
  if (kind === 'file') {
    readFile(reading, path);
  } else if (kind === 'directory' && depth < PATH_DEPTH_MAX) {
    sink.folder(path);
    const names = fileSystem.readDirectory(join(root, path));
    for (const name of names.slice(0, ENTRIES_MAX + 1)) readEntry(reading, `${path}/${name}`, depth + 1);
  } else {
    onFault({ class: 'unlisted-file', message: `${path} is ${nameOf(kind)}`, entry: path });
  }
}

function readFile({ fileSystem, root, sink }: Reading, path: string): void {
  const descriptor = fileSystem.openRead(join(root, path), 'refuse');
  try {
    const { size } = fileSystem.statusOf(descriptor);
    const isWanted = sink.startFile(path, size, 0);
    if (isWanted) for (const chunk of fileChunks(fileSystem, descriptor, size)) sink.write(chunk);
    sink.endFile();
  } finally {
    fileSystem.close(descriptor);
  }
}

function nameOf(kind: FileKind | undefined): string {
  if (kind === 'directory') return 'too deep a folder';
  return kind === undefined ? 'gone' : `no plain file (${kind})`;
}
