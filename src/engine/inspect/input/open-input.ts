import { tmpdir } from 'node:os';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { composedFileSystem } from '../../storage-io/views/composed-file-system.js';
import { isGzip } from '../../storage-io/whole/gzip-start.js';
import { ScratchFolder } from '../../storage-io/whole/scratch-folder.js';
import { expanded } from './expanded.js';
import { startOf } from './stream-start.js';
import { gunzippedThrough } from './gunzip-layers.js';
import { gzipFinding } from './gzip-finding.js';

/** A path that is not read as it lies, and what stands for it. */
export interface OpenedInput {
  /** Shows at the path what is to be read: of a file by itself what gzip compressed, of a stream what came. */
  readonly fileSystem: FileSystem;
  /** A stream that gzip compressed, and that is cut or damaged. */
  readonly findings: readonly Finding[];
  /** Removes what had to lie in a file for that. */
  readonly close: () => void;
}

/**
 * Makes what a path stands for readable: a file that gzip compressed is expanded into the folder for temporary files, and a
 * stream is spooled there, expanded too; as much as leaves 64 MiB free. Folders, and all other files, are read where they lie.
 * @param stream what comes instead of a file of that name
 * @throws StatelogError `DISK_FULL`; what reading throws
 */
export async function openInput(
  fileSystem: FileSystem,
  path: string,
  stream?: AsyncIterable<Uint8Array>,
): Promise<OpenedInput> {
  const scratch = new ScratchFolder(fileSystem, tmpdir());
  const close = (): void => {
    scratch.remove();
  };
  try {
    if (stream !== undefined) return { ...(await spooled(fileSystem, path, stream, scratch)), close };
    if (fileSystem.statusFollowing(path)?.kind !== 'file') return { fileSystem, findings: [], close };
    const { through, findings } = await expanded(fileSystem, path, scratch);
    const damage = findings.filter(({ severity }) => severity === 'damage');
    return { fileSystem: through(fileSystem), findings: damage, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function spooled(
  fileSystem: FileSystem,
  path: string,
  stream: AsyncIterable<Uint8Array>,
  scratch: ScratchFolder,
): Promise<Omit<OpenedInput, 'close'>> {
  const { head, chunks } = await startOf(stream);
  const findings: Finding[] = [];
  const content = isGzip(head)
    ? gunzippedThrough(chunks, (outcome) => {
        if (outcome.damage !== undefined) findings.push(gzipFinding(path, 'stream', 0, outcome));
      })
    : chunks;
  const slice = await scratch.write(content);
  return { fileSystem: composedFileSystem(fileSystem, { files: new Map([[path, [slice]]]) }), findings };
}
