import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';

/**
 * Counts the bytes that code allocates. It runs in a process of its own, whose young
 * generation is so large that no collection comes in between: then what the heap's spaces and
 * the buffers outside it hold more afterwards is exactly what was allocated.
 *
 * It shows that code allocates nothing once V8 has optimised it. Before, V8's interpreter
 * keeps some intermediate numbers on the heap, whatever the code does. So V8 optimises at once here, and not in a thread of
 * its own, which on a busy machine ends in the middle of what is measured.
 */
const FLAGS = [
  '--import=tsx',
  '--no-concurrent-recompilation',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
];

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

/** Runs a module that prints one JSON object, in a process where `allocatedBytes` can count. */
export function runAllocationModule(module: URL): Record<string, number> {
  const env = { ...process.env };
  delete env['NODE_V8_COVERAGE']; // which would keep code from being optimised
  const output = execFileSync(process.execPath, [...FLAGS, fileURLToPath(module)], { env, encoding: 'utf8' });
  return JSON.parse(output) as Record<string, number>;
}
