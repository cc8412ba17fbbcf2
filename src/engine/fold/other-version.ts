import type { Finding } from '../finding.js';
import { readFully } from '../storage-io/write-fully.js';
import { headerError } from './damage.js';
import { HEADER_BYTES } from './format.js';
import type { OpenLog } from './log-window.js';

/**
 * Ends the work at a version without a record that is one of ours: that is no damage, but not ours to read.
 * @param finding what the scanner said of the header
 * @throws StatelogError `UNSUPPORTED_VERSION`
 */
export function refuseOtherVersion(log: OpenLog, { class: damageClass, nextGood }: Finding): void {
  if (damageClass !== 'bad-version' || nextGood !== undefined) return;
  const header = new Uint8Array(HEADER_BYTES);
  readFully(log.fileSystem, log.descriptor, header);
  throw headerError(log.path, header, 'bad-version');
}
