/** A disk that fails, tears and forgets: the tests' stand-in for the real one. */
export { SimulatedCrash } from './power-loss/crash.js';
export type { DiskOptions } from './disk/disk.js';
export { SimulatedDisk } from './disk/disk.js';
export type { CrashReport, CrashScenario } from './power-loss/explore-crashes.js';
export { CrashViolation, exploreCrashes, exploreCrashesInPlace } from './power-loss/explore-crashes.js';
export type { Fault, FaultPlan, SimulatedOperation } from './faults/fault-plan.js';
export {
  combinePlans,
  crashAt,
  failAt,
  failEvery,
  shortWriteAt,
  skipSyncs,
  unreadablePlaces,
} from './faults/fault-plan.js';
export type { PowerLossImage, PowerLossOptions } from './power-loss/power-loss.js';
export { countPowerLossImages, powerLossImages } from './power-loss/power-loss.js';
export { SeededRandom } from './seeded-random.js';
export type { SimulatedSessionOptions } from './simulated-file-system.js';
export { SimulatedFileSystem } from './simulated-file-system.js';
export type { Tear, TearLengths, TornRest } from './power-loss/tear.js';
