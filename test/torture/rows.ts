import { crashPointsRow } from './crash/crash-points.js';
import { powerLossImagesRow } from './crash/power-loss-images.js';
import type { TortureRow } from './row.js';

/** All rows, in the order of the table. */
export const TORTURE_ROWS: readonly TortureRow[] = [powerLossImagesRow, crashPointsRow];
