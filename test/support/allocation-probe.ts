import { execFileSync } from 'node:child_process';
import { bundledModule } from './program.js';

/**
 * For counting the bytes that code allocates (`allocated-bytes.ts`), in a process of its own, whose young
 * generation is so large that no collection comes in between: then what the heap's spaces and
 * the buffers outside it hold more afterwards is exactly what was allocated.
 *
 * It shows that code allocates nothing once V8 has optimised it. Before, V8's interpreter
 * keeps some intermediate numbers on the heap, whatever the code does. So V8 optimises at once here, and not in a thread of
 * its own, which on a busy machine ends in the middle of what is measured.
 */
const FLAGS = ['--no-concurrent-recompilation', '--min-semi-space-size=64', '--max-semi-space-size=64'];

/**
 * Runs a module that prints one JSON object, in a process where `allocatedBytes` can count.
 * @param source from the project's folder
 */
export async function runAllocationModule(source: string): Promise<Record<string, number>> {
  const module = await bundledModule(source);
  const env = { ...process.env };
  delete env['NODE_V8_COVERAGE']; // which would keep code from being optimised
  const output = execFileSync(process.execPath, [...FLAGS, module], { env, encoding: 'utf8' });
  return JSON.parse(output) as Record<string, number>;
}
