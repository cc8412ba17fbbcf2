import type { Finding } from '../../finding.js';
import { readFully } from '../../storage-io/whole/write-fully.js';
import { damagedError, headerError } from './damage.js';
import { HEADER_BYTES } from '../format/format.js';
import type { OpenLog } from './log-window.js';

/**
 * Ends the work where another release wrote the log: a version without a record that is one of ours, or a whole record
 * of a kind that is not known. That is no damage, but not ours to read, to copy or to cut.
 * @param finding a finding of the scanner
 * @throws StatelogError `UNSUPPORTED_VERSION`
 */
export function refuseOtherVersion(log: OpenLog, finding: Finding): void {
  if (finding.isForeign) throw damagedError(finding);
  if (finding.class !== 'bad-version' || finding.nextGood !== undefined) return;
  const header = new Uint8Array(HEADER_BYTES);
  readFully(log.fileSystem, log.descriptor, header);
  throw headerError(log.path, header, 'bad-version');
}
