import { OpenFileBytes, type FileBytes } from '../../engine/inspect/fields/file-bytes.js';
import { foldHeaderRegion, regionsOf, type FileRegion } from '../../engine/inspect/fields/file-regions.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import type { RecordDump } from '../output/records/record-dump.js';
import type { Terminal } from '../terminal/terminal.js';

/** Which bytes of a file are dumped, and how. */
export interface RegionOptions {
  readonly dump: RecordDump;
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly json: boolean;
}

/** The function that tells what regions a file has. */
type RegionsOf = (
  path: string,
  bytes: FileBytes,
  from: number,
  to: number,
) => Iterable<FileRegion> | undefined;

/**
 * Dumps a file that is no log: a state file, an index, a manifest.
 * @returns false where it is none of these
 * @throws StatelogError what reading throws
 */
export async function dumpRegions(
  terminal: Terminal,
  fileSystem: FileSystem,
  path: string,
  options: RegionOptions,
): Promise<boolean> {
  return dump(terminal, fileSystem, path, options, regionsOf);
}

/** Dumps the header of a fold log. @throws StatelogError what reading throws */
export async function dumpFoldHeader(
  terminal: Terminal,
  fileSystem: FileSystem,
  path: string,
  options: RegionOptions,
): Promise<void> {
  await dump(terminal, fileSystem, path, options, (_, bytes, from, to) => foldHeaderRegion(bytes, from, to));
}

async function dump(
  { output }: Terminal,
  fileSystem: FileSystem,
  path: string,
  { dump: printed, fromOffset, toOffset, json }: RegionOptions,
  regionsIn: RegionsOf,
): Promise<boolean> {
  if (fileSystem.statusFollowing(path)?.kind !== 'file') return false;
  const descriptor = fileSystem.openRead(path);
  try {
    const bytes = new OpenFileBytes(fileSystem, descriptor);
    const regions = regionsIn(path, bytes, fromOffset, toOffset);
    if (regions === undefined) return false;
    for (const region of regions) {
      printed.writeRegion(path, region, bytes, json);
      if (output.isFull && !(await output.flush())) break;
    }
    await output.flush();
    return true;
  } finally {
    fileSystem.close(descriptor);
  }
}
