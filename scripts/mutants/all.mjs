import { artifactMutants } from './artifact.mjs';
import { besideMutants } from './checkpoint-beside.mjs';
import { damageMutants } from './damage.mjs';
import { directoryMutants } from './directory.mjs';
import { foldMutants } from './fold.mjs';
import { failedSyncMutants } from './failed-syncs.mjs';
import { logMutants } from './log.mjs';
import { lossMutants } from './losses.mjs';
import { mendMutants } from './mend.mjs';
import { interleavingMutants } from './interleavings.mjs';
import { inspectMutants } from './inspect.mjs';
import { natsMutants } from './nats.mjs';
import { otherUsersMutants } from './other-users.mjs';
import { placingMutants } from './placing.mjs';
import { questionsMutants } from './questions.mjs';
import { remoteMutants } from './remote.mjs';
import { repairMutants } from './repair.mjs';
import { replicaMutants } from './replica.mjs';
import { rescueMutants } from './rescue.mjs';
import { stateMutants } from './state.mjs';
import { storageIoMutants } from './storage-io.mjs';
import { storeMutants } from './stores.mjs';

/**
 * All sabotages. Each has a name, the rule that it breaks, the file, the exact text (`from`) and what is put in its place
 * (`to`; or several such `edits`), and the tests that are to catch it (files below test/, and titles to `match`).
 */
export const MUTANTS = [
  ...logMutants,
  ...storageIoMutants,
  ...storeMutants,
  ...stateMutants,
  ...foldMutants,
  ...directoryMutants,
  ...interleavingMutants,
  ...besideMutants,
  ...artifactMutants,
  ...inspectMutants,
  ...placingMutants,
  ...questionsMutants,
  ...damageMutants,
  ...repairMutants,
  ...replicaMutants,
  ...rescueMutants,
  ...lossMutants,
  ...mendMutants,
  ...failedSyncMutants,
  ...otherUsersMutants,
  ...natsMutants,
  ...remoteMutants,
];
