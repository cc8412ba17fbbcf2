import { StatelogError } from '../../errors.js';
import { walEntryBytes } from '../../rkyv/entry/wal-entry-format.js';
import { TAG_PUT } from '../../rkyv/entry/wal-entry-format.js';
import { INDEX_BYTES_MAX, surelyFitsIndex, VALUE_REGION_BYTES_MAX } from '../../state/format/format.js';
import type { StateFile } from '../../state/read/state-file.js';
import { RECORD_BYTES_MIN, RECORD_LENGTH_MAX } from '../../wal/format/record.js';
import type { CoreState } from '../state/core-state.js';

const KEEP_MAX = 0xffff_ffff;

/** @throws RangeError for what is no number of checkpoints */
export function checkKeep(keep: number | undefined): void {
  if (keep === undefined || (Number.isInteger(keep) && keep >= 1 && keep <= KEEP_MAX)) return;
  throw new RangeError(`keep must be a whole number from 1 to ${KEEP_MAX}, not ${String(keep)}`);
}

/** The changes to a core that come before one, and are not in its state yet. */
export interface AddedChanges {
  readonly values: number;
  readonly keyBytes: number;
  readonly keys: number;
}

export const NOTHING_ADDED: AddedChanges = { values: 0, keyBytes: 0, keys: 0 };

/**
 * Refuses, before anything is written, a change that the log, the state file or the index could not hold.
 * @returns what is added with it
 * @throws StatelogError `LIMIT_EXCEEDED`
 */
export function checkChangeFits(
  core: CoreState,
  key: Uint8Array,
  valueLength: number,
  path: string,
  added: AddedChanges,
): AddedChanges {
  checkFits(core, key, valueLength, path, added);
  const { values, keyBytes, keys } = added;
  return { values: values + valueLength, keyBytes: keyBytes + key.length, keys: keys + 1 };
}

/**
 * True where a change surely fits, whatever the log before it holds: of values, keys and their number it holds no more than it has
 * bytes.
 */
export function surelyFits(
  base: StateFile | undefined,
  logBytes: number,
  key: Uint8Array,
  valueLength: number,
): boolean {
  const keys = (base?.count ?? 0) + Math.ceil(logBytes / RECORD_BYTES_MIN) + 1;
  return (
    walEntryBytes(TAG_PUT, key.length, valueLength) <= RECORD_LENGTH_MAX &&
    (base?.liveBytes ?? 0) + logBytes + valueLength <= VALUE_REGION_BYTES_MAX &&
    surelyFitsIndex(keys, (base?.keyBytes ?? 0) + logBytes + key.length)
  );
}

/** Refuses a change by itself, as `checkChangeFits` does. */
export function checkFits(
  core: CoreState,
  key: Uint8Array,
  valueLength: number,
  path: string,
  added: AddedChanges = NOTHING_ADDED,
): void {
  const recordLength = walEntryBytes(TAG_PUT, key.length, valueLength);
  if (recordLength > RECORD_LENGTH_MAX) {
    const what = 'the key and the value are too long for one record';
    throw refused(path, what, RECORD_LENGTH_MAX, recordLength, 'split the value');
  }
  const { base, frozen, overlay } = core;
  const values =
    (base?.liveBytes ?? 0) + (frozen?.valueBytes ?? 0) + overlay.valueBytes + added.values + valueLength;
  if (values > VALUE_REGION_BYTES_MAX) {
    throw refused(path, 'the values of one core would pass 4 GiB', VALUE_REGION_BYTES_MAX, values);
  }
  const keyBytes =
    (base?.keyBytes ?? 0) + (frozen?.keyBytes ?? 0) + overlay.keyBytes + added.keyBytes + key.length;
  const keys = (base?.count ?? 0) + (frozen?.count ?? 0) + overlay.count + added.keys + 1;
  if (!surelyFitsIndex(keys, keyBytes)) {
    throw refused(path, 'the index of one core would pass 2 GiB', INDEX_BYTES_MAX, keyBytes);
  }
}

function refused(
  path: string,
  what: string,
  max: number,
  found: number,
  hint = 'create the store with more cores, or split the value',
): StatelogError {
  return new StatelogError('LIMIT_EXCEEDED', what, {
    path,
    expected: `at most ${max} bytes`,
    found: `${found} bytes`,
    safe: 'nothing was written',
    hint,
  });
}
