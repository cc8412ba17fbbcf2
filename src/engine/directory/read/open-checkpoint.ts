import { dirname } from 'node:path';
import { checksumHex } from '../../bytes/crc/checksum.js';
import { equalBytes } from '../../bytes/compare.js';
import { verifyHint } from '../../bytes/text/command-hints.js';
import { toHex } from '../../bytes/text/text.js';
import { StatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { closeEachQuietly } from '../../storage-io/whole/close-each.js';
import { openStateFile } from '../../state/read/state-file-open.js';
import type { MappingPolicy, StateFile } from '../../state/read/state-file.js';
import type { DirectoryLayout } from '../manifest/layout.js';
import type { CheckpointEntry, DirectoryManifest } from '../manifest/manifest.js';

/** The options for opening a checkpoint. */
export interface OpenCheckpointOptions {
  readonly fileSystem: FileSystem;
  readonly layout: DirectoryLayout;
  readonly manifest: DirectoryManifest;
  readonly mapping?: MappingPolicy | undefined;
  /** Only this core's files are opened. */
  readonly onlyCore?: number | undefined;
}

/**
 * Opens every core's state file of a checkpoint, or one core's, and holds each against the manifest: the index
 * must be the very one that was published, of this store, this epoch and this core.
 * @throws StatelogError `NOT_FOUND` where a file is gone, `DAMAGED` (class `index-mismatch`)
 */
export function openCheckpoint(options: OpenCheckpointOptions, entry: CheckpointEntry): StateFile[] {
  const opened: StateFile[] = [];
  const cores = options.onlyCore === undefined ? entry.cores.keys() : [options.onlyCore];
  try {
    for (const coreId of cores) opened.push(openCore(options, entry, coreId));
    return opened;
  } catch (error) {
    closeEachQuietly(opened);
    throw error;
  }
}

function openCore(options: OpenCheckpointOptions, entry: CheckpointEntry, coreId: number): StateFile {
  const { fileSystem, layout, mapping } = options;
  const file = openStateFile(fileSystem, layout.stateFile(entry.epoch, coreId), {
    mapping,
    knownHeadCrc: entry.cores[coreId]!.indexCrc,
  });
  try {
    checkBelongs(options, file, entry, coreId);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

function checkBelongs(
  { layout, manifest }: OpenCheckpointOptions,
  file: StateFile,
  entry: CheckpointEntry,
  coreId: number,
): void {
  const published = entry.cores[coreId]!;
  const { block } = file;
  const indexPath = layout.indexFile(entry.epoch, coreId);
  const check = (holds: boolean, what: string, expected: string, found: string): void => {
    if (!holds) throw mismatch(indexPath, what, expected, found);
  };
  check(block !== undefined, 'the index has no block of ours', 'a block', 'none');
  if (block === undefined) return;
  check(
    equalBytes(block.storeId, manifest.storeId),
    'the index is of another store',
    toHex(manifest.storeId),
    toHex(block.storeId),
  );
  check(
    block.epoch === entry.epoch && block.coreId === coreId,
    'the index is of another epoch or core',
    `epoch ${entry.epoch}, core ${coreId}`,
    `epoch ${block.epoch}, core ${block.coreId}`,
  );
  check(
    file.writePos === published.writePos && file.headCrc === published.indexCrc,
    'the index is not the one that the manifest names',
    `crc32c ${checksumHex(published.indexCrc)}, ${published.writePos} value bytes`,
    `crc32c ${checksumHex(file.headCrc)}, ${file.writePos} value bytes`,
  );
}

function mismatch(path: string, what: string, expected: string, found: string): StatelogError {
  return new StatelogError('DAMAGED', what, {
    path,
    offset: 0,
    class: 'index-mismatch',
    expected,
    found,
    safe: 'nothing was changed',
    hint: verifyHint(dirname(dirname(dirname(path)))),
  });
}
