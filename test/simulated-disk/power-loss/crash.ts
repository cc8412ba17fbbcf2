/**
 * Thrown by a simulated file system at the moment of a crash and by every call after it. Not a
 * `StatelogError`, so that no error handling of the code under test takes it for a failed call.
 */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}
