import { toUtf8 } from '../../bytes/text/text.js';
import { DELETE_TYPE } from './format.js';
import type { FoldRecord } from './record.js';

/**
 * The key whose delete marks an atomic group (docs/formats/fold-log.md, "Groups"): what follows it counts only once a cursor
 * does. No entry has it, so to Slipstream it deletes nothing.
 */
export const GROUP_MARK_KEY = toUtf8('\0statelog\0group');

/** True for the record that marks an atomic group. */
export function isGroupMark(record: FoldRecord): boolean {
  if (record.type !== DELETE_TYPE || record.keyLength !== GROUP_MARK_KEY.length) return false;
  return record.keyStartsWith(GROUP_MARK_KEY);
}
