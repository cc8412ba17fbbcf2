import { DirectoryLayout } from '../../directory/manifest/layout.js';
import { readManifest } from '../../directory/manifest/manifest-file.js';
import { liveEpoch } from '../../directory/manifest/manifest.js';
import { StatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import type { SequencePlace } from './replay-base.js';

/**
 * The first record that starts at a byte of a state directory's live log, or behind it.
 * @returns undefined where none does
 * @throws StatelogError `INVALID_ARGUMENT` where several segments have such a byte; what reading throws
 */
export function recordAtOffset(
  fileSystem: FileSystem,
  root: string,
  offset: number,
): SequencePlace | undefined {
  const layout = new DirectoryLayout(root);
  const manifest = readManifest(fileSystem, layout);
  const { cores } = manifest;
  if (cores > 1) {
    throw new StatelogError('INVALID_ARGUMENT', `each of ${cores} cores has a segment with such a byte`, {
      path: root,
      hint: "give the record's core and number: --to-sequence CORE:SEQUENCE",
    });
  }
  const scanner = WalScanner.open(layout.segment(liveEpoch(manifest), 0), { fileSystem, coreId: 0 });
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'record' && scanner.offset >= offset)
        return { coreId: 0, sequence: scanner.view.sequence };
    }
    return undefined;
  } finally {
    scanner.close();
  }
}
