import { PartialProfile, type ProfileLine } from './profile.js';

const NANOSECONDS_A_MILLISECOND = 1e6;

/** What was computed only so that it is computed: nothing that is measured may be optimised away. */
let kept = 0;

/** Keeps a result alive. */
export function keep(result: number): void {
  kept = (kept + result) | 0;
}

/** Whatever `keep` was given, so that its sum is needed too. */
export function keptSum(): number {
  return kept;
}

const MICROSECONDS_A_MILLISECOND = 1000;

/** Milliseconds since some moment. */
let nowMs = (): number => performance.now();

/** From now on the processor's time counts, that of all this process's threads, and waiting does not. */
export function measureProcessorTime(): void {
  nowMs = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / MICROSECONDS_A_MILLISECOND;
  };
}

let profile: PartialProfile | undefined;

/** Runs a round once more under the profiler: what takes the time of what it measures, and not of its preparation. */
export async function profileOf(round: () => number | Promise<number>): Promise<ProfileLine[]> {
  profile = new PartialProfile();
  try {
    await round();
    return profile.end();
  } finally {
    profile = undefined;
  }
}

/** Milliseconds that work takes. */
export function milliseconds(work: () => void): number {
  profile?.resume();
  const started = nowMs();
  work();
  const spent = nowMs() - started;
  profile?.pause();
  return spent;
}

/** Nanoseconds an operation. */
export function nsEach(operations: number, work: () => void): number {
  return (milliseconds(work) * NANOSECONDS_A_MILLISECOND) / operations;
}

/** Milliseconds that work takes which waits. */
export async function millisecondsAwaited(work: () => Promise<void>): Promise<number> {
  profile?.resume();
  const started = nowMs();
  await work();
  const spent = nowMs() - started;
  profile?.pause();
  return spent;
}

/** Nanoseconds an operation of work that waits. */
export async function nsEachAwaited(operations: number, work: () => Promise<void>): Promise<number> {
  return ((await millisecondsAwaited(work)) * NANOSECONDS_A_MILLISECOND) / operations;
}

/** Megabytes (1,000,000 bytes) a second. */
export function megabytesASecond(bytes: number, work: () => void): number {
  return bytes / 1000 / milliseconds(work);
}
