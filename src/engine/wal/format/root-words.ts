import { assert } from '../../assert.js';
import { ROOT, ROOT_BYTES } from '../../rkyv/entry/wal-entry-format.js';

/**
 * The fields of an entry's root as words from its start: whole words are read and written faster than bytes. A field of
 * eight bytes takes two of them, a pointer one before its length.
 */
export const WORD_BYTES = 4;
export const EPOCH_WORD = ROOT.epoch / WORD_BYTES;
export const SEQUENCE_WORD = ROOT.sequence / WORD_BYTES;
/** The core in its lower half, and whether there is a lag in its upper one. */
export const CORE_WORD = ROOT.coreId / WORD_BYTES;
export const LAG_WORD = ROOT.lag / WORD_BYTES;
export const TIMESTAMP_WORD = ROOT.timestampNs / WORD_BYTES;
export const TAG_WORD = ROOT.tag / WORD_BYTES;
export const KEY_WORD = ROOT.key / WORD_BYTES;
export const VALUE_WORD = ROOT.value / WORD_BYTES;
export const ROOT_WORDS = ROOT_BYTES / WORD_BYTES;

assert(ROOT.lagMark === ROOT.coreId + 2, 'core and lag mark share a word');
assert(new Uint8Array(Uint32Array.of(1).buffer)[0] === 1, 'words are little-endian, as the format is');
