import v8 from 'node:v8';

/** Rounds that a piece of code runs before it is measured. */
const WARM_UP_ROUNDS = 60;

function usedBytes(): number {
  let used = v8.getHeapStatistics().external_memory;
  for (const space of v8.getHeapSpaceStatistics()) {
    // compiled code is V8's own, and comes when it pleases
    if (!space.space_name.startsWith('code')) used += space.space_used_size;
  }
  return used;
}

/**
 * Bytes allocated by `rounds` calls of `run`, after some to warm up, less those that asking
 * takes. Negative if a collection came in between.
 */
export function allocatedBytes(rounds: number, run: () => void): number {
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) run();
  usedBytes();
  const first = usedBytes();
  const second = usedBytes();
  for (let round = 0; round < rounds; round += 1) run();
  return usedBytes() - second - (second - first);
}
