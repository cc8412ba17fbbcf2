import v8 from 'node:v8';

/**
 * Counts the bytes that a piece of code allocates, exactly: it runs in a process whose young
 * generation is so large (`ALLOCATION_FLAGS`) that no collection comes in between, and so what
 * the heap's spaces hold more afterwards is what was allocated.
 */
export const ALLOCATION_FLAGS = ['--min-semi-space-size=64', '--max-semi-space-size=64'];

function usedBytes(): number {
  let used = 0;
  for (const space of v8.getHeapSpaceStatistics()) {
    if (!space.space_name.startsWith('code')) used += space.space_used_size;
  }
  return used;
}

/** Bytes allocated by `run`, less those that asking takes. Negative if a collection came in between. */
export function allocatedBytes(run: () => void): number {
  usedBytes();
  const first = usedBytes();
  const second = usedBytes();
  run();
  return usedBytes() - second - (second - first);
}
