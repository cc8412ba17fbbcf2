import { join } from 'node:path';
import { commandText, repairHint } from '../../bytes/text/command-hints.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { namesIn } from '../../storage-io/views/names-in.js';

/** Marks that people, and programs that keep folders equal, put into the name of a second version of a file. */
const MARKS: readonly (readonly [RegExp, string])[] = [
  [/ \([^)]*conflicted copy[^)]*\)/i, 'Dropbox'],
  [/\.sync-conflict-\d{8}-\d{6}(-[A-Z0-9]{7})?/, 'Syncthing'],
  [/ \(conflicted copy \d{4}-\d{2}-\d{2} \d{6}\)|_conflict-\d{8}-\d{6}/, 'Nextcloud'],
  [/ \(\d+\)/, 'somebody'],
  [/ - Copy( \(\d+\))?/, 'somebody'],
  [/~$/, 'an editor'],
];
const OURS = /^(MANIFEST\.json|wal-\d{1,5}\.log|state-\d{1,5}\.(db|idx))$/;
const DEPTH_MAX = 2;

/**
 * Tells of second versions of a store's or a folder's files that lie beside them under names that are not read. Which of the
 * two is newer, only what is in them can say.
 */
export function* conflictedCopies(
  fileSystem: FileSystem,
  folder: string,
  { root, depth }: { readonly root: string; readonly depth: number } = { root: folder, depth: 0 },
): Generator<Finding, void> {
  if (fileSystem.status(folder)?.kind !== 'directory') return;
  for (const name of namesIn(fileSystem, folder)) {
    const file = join(folder, name);
    if (depth < DEPTH_MAX && fileSystem.status(file)?.kind === 'directory') {
      yield* conflictedCopies(fileSystem, file, { root, depth: depth + 1 });
      continue;
    }
    for (const [mark, who] of MARKS) {
      const own = name.replace(mark, '');
      if (own === name || !OURS.test(own)) continue;
      yield conflictedCopy(
        fileSystem,
        root,
        file,
        `${who} has put another version of ${own} beside it; it is not read`,
      );
      break;
    }
  }
}

function conflictedCopy(fileSystem: FileSystem, root: string, file: string, message: string): Finding {
  return {
    severity: 'notice',
    class: 'misplaced',
    file,
    offset: 0,
    bytes: fileSystem.status(file)?.size ?? 0,
    message,
    hint: `look which is the newer: ${commandText('statelog', 'stat', file)}; or, ${repairHint(root)}, of both`,
  };
}
