import { rescuedPlaceFor } from '../bytes/text/command-hints.js';
import { isStatelogError } from '../errors.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import type { LostChange, LostKey } from './account/report.js';
import { freePlace } from './free-place.js';
import { repairPath } from './repair-path.js';

/**
 * The keys whose last change a repair into a new place would lose, and lost changes of unknown keys, as `repairPath` tells them. It reads all, and writes nothing.
 * Nothing is told of a path that a repair refuses.
 */
export async function* keysLostIn(
  fileSystem: FileSystem,
  path: string,
): AsyncGenerator<LostKey | LostChange, void> {
  const into = freePlace(fileSystem, (attempt) => rescuedPlaceFor(path, attempt));
  try {
    for await (const event of repairPath({ fileSystem, path, into, dryRun: true })) {
      if ('lostKey' in event) yield event.lostKey;
      else if ('lostChange' in event) yield event.lostChange;
    }
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}
