import type { TortureRow } from './row.js';

/** All rows, in the order of the table. */
export const TORTURE_ROWS: readonly TortureRow[] = [];
