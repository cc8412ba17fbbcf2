import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { StagingFolder } from '../../storage-io/whole/staging-folder.js';
import { prepareExport } from '../export-store.js';
import { importChain } from '../import-store.js';
import type { IncrementChain } from './increment-chain.js';

/**
 * A snapshot with its increments laid over it, as one NDJSON export: a store is made of them in the folder for temporary
 * files, and removed at the end.
 * @param source the name of the snapshot, for messages
 * @throws StatelogError as `importChain`
 */
export async function* layeredLines(
  fileSystem: FileSystem,
  source: string,
  stream: AsyncIterable<Uint8Array>,
  chain: IncrementChain,
): AsyncGenerator<Uint8Array, void> {
  const scratch = StagingFolder.make(fileSystem, join(tmpdir(), 'statelog-chain'));
  try {
    const destination = join(scratch.path, 'store');
    await importChain({ fileSystem, source, stream, destination, largeValues: true }, chain);
    const prepared = prepareExport({ fileSystem, source: destination, as: 'ndjson', createdAtUnix: 0 });
    try {
      yield* prepared.chunks();
    } finally {
      prepared.close();
    }
  } finally {
    scratch.remove();
  }
}
