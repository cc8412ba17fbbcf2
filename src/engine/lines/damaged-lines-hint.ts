import { linesHint } from '../bytes/text/command-hints.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import { startsAsGzip } from '../storage-io/whole/gzip-start.js';

/** `linesHint` by the file as it lies on disk: whoever reads it may have been given it expanded. */
export function damagedLinesHint(path: string): string {
  return linesHint(path, startsAsGzip(realFileSystem(), path));
}
