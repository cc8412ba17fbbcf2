import { join } from 'node:path';
import type { FillDirectory } from '../../directory/checkpoint/create-directory.js';
import type { CoreCheckpoint } from '../../directory/manifest/manifest.js';
import { headCrcOf } from '../../state/format/index-head-bytes.js';
import { indexHeadFor } from '../../state/write/tight-file.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import type { StatePayload } from './state-payload.js';

/**
 * Makes the files of a staged payload that was found whole, and tight, the checkpoint of a new state directory
 * with as many cores: they are moved there, and each index gets the store's id into its head. The payload's files
 * stay open, and may still be read.
 * @param folder where they are staged, on the same disk as the directory
 */
export function adoptStatePayload(
  fileSystem: FileSystem,
  folder: string,
  { summary, cores }: StatePayload,
): FillDirectory {
  return (layout, { storeId }) => {
    const { epoch, sources, watermark } = summary;
    fileSystem.makeDirectory(layout.checkpoint(epoch));
    const adopted = cores.map((file, coreId): CoreCheckpoint => {
      const head = indexHeadFor(file, { storeId, epoch });
      const indexPath = layout.indexFile(epoch, coreId);
      fileSystem.rename(join(folder, 'data', `state-${coreId}.db`), layout.stateFile(epoch, coreId));
      fileSystem.rename(join(folder, 'data', `state-${coreId}.idx`), indexPath);
      const descriptor = fileSystem.openReadWrite(indexPath, 'refuse');
      try {
        writeFully(fileSystem, descriptor, head);
      } finally {
        fileSystem.close(descriptor);
      }
      return { ...summary.cores[coreId]!, writePos: file.writePos, indexCrc: headCrcOf(head) };
    });
    return [{ epoch, sources, watermark, cores: adopted }];
  };
}
