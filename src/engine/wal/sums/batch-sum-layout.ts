import { RECORD_BYTES_MIN } from '../format/record.js';

/** Longer records are left to native code, which is quicker from about here on. */
export const BATCH_LENGTH_MAX = 1024;
/** How many bytes of records are looked at together. */
export const BATCH_BYTES_MAX = 64 * 1024;

const PAGE_BYTES = 65_536;
/** How many bytes one step of summing takes; there is a table for each. */
export const STEP_BYTES = 8;
export const TABLE_BYTES = 256 * 4;

/** Position of the tables in the memory. */
export const TABLES_AT = 0;
/** Position of the records. */
export const RECORDS_AT = TABLES_AT + STEP_BYTES * TABLE_BYTES;
/** Position of the resulting checksums, four bytes each. */
export const SUMS_AT = RECORDS_AT + BATCH_BYTES_MAX;
/** End of the memory in use. */
export const END_AT = SUMS_AT + 4 * Math.ceil(BATCH_BYTES_MAX / RECORD_BYTES_MIN);
/** The memory's size, in pages of WebAssembly. */
export const PAGES = Math.ceil(END_AT / PAGE_BYTES);
