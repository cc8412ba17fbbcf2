import { diskCopyHint, rightsHint } from '../bytes/text/command-hints.js';
import { isStatelogError } from '../errors.js';
import type { Finding } from '../finding.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import type { UnreadableSpan } from '../storage-io/interface/unreadable-spans.js';
import { isUnreadable } from '../storage-io/views/reading-on-file-system.js';

/** The finding for a stretch of a file that the disk does not give out. */
export function unreadableFinding({ path, offset, bytes }: UnreadableSpan): Finding {
  return {
    severity: 'damage',
    class: 'unreadable',
    file: path,
    offset,
    bytes,
    message: `the disk does not give these bytes out, and they are taken for zeros`,
    hint: diskCopyHint(path),
  };
}

/** Findings for all that could not be read since the last time; none where nothing reads on. */
export function newlyUnreadable({ unreadable }: FileSystem): Finding[] {
  if (unreadable === undefined || unreadable.isEmpty) return [];
  return unreadable.takeNew().map(unreadableFinding);
}

/**
 * The finding for a file that cannot be opened, by its rights, since the disk fails, or since something else lies in its place:
 * others can be read all the same.
 * @throws the error itself, where it is about anything else
 */
export function unopenedFinding(error: unknown, file: string): Finding {
  const place = { file, offset: 0, bytes: 0 };
  const asDamage = { severity: 'damage', class: 'unreadable', ...place } as const;
  if (isUnreadable(error)) return { ...asDamage, message: error.message, hint: diskCopyHint(file) };
  if (isStatelogError(error, 'NOT_A_FILE')) {
    const message = 'what lies here is no file, but a folder, a link, a FIFO or a device';
    const hint = 'move it away, and put the file back from a copy';
    return { severity: 'damage', class: 'missing-file', ...place, message, hint };
  }
  if (!isStatelogError(error, 'PERMISSION_DENIED')) throw error;
  return { ...asDamage, message: error.message, hint: rightsHint(file), isRefused: true };
}
