import { commandSequencesRow } from './crash/command-sequences.js';
import { crashPointsRow } from './crash/crash-points.js';
import { injectedErrorsRow } from './crash/injected-errors.js';
import { powerLossImagesRow } from './crash/power-loss-images.js';
import { damageRow } from './damage/damage-row.js';
import { decoderInputsRow } from './inputs/decoder-inputs.js';
import { hostileArtifactsRow } from './inputs/hostile-artifacts.js';
import { interleavingsRow } from './process/interleavings.js';
import { killsRow } from './process/kills.js';
import { openPipesRow } from './process/open-pipes.js';
import { racesRow } from './process/races.js';
import { realFaultsRow } from './process/real-faults.js';
import { doubleBitsRow, singleBitRotRow } from './damage/mend-rows.js';
import { mixUpsRow } from './mix-ups/mix-up-row.js';
import { replicasRow } from './damage/replica-row.js';
import { mixedMomentsRow } from './damage/mixed-moments.js';
import { otherUsersRow } from './process/other-users.js';
import { replacedNamesRow } from './process/replaced-names.js';
import type { TortureRow } from './row.js';
import { bitFlipsRow, truncationsRow } from './sweeps/sweeps.js';

/** All rows, in the order of the table. */
export const TORTURE_ROWS: readonly TortureRow[] = [
  powerLossImagesRow,
  crashPointsRow,
  truncationsRow,
  bitFlipsRow,
  damageRow,
  singleBitRotRow,
  doubleBitsRow,
  decoderInputsRow,
  injectedErrorsRow,
  commandSequencesRow,
  killsRow,
  racesRow,
  realFaultsRow,
  openPipesRow,
  replacedNamesRow,
  interleavingsRow,
  otherUsersRow,
  mixedMomentsRow,
  mixUpsRow,
  replicasRow,
  hostileArtifactsRow,
];
