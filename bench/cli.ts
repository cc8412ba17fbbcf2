import { spawnSync } from 'node:child_process';
import { measureMemory } from './cli/memory.js';
import { measurePrinting } from './cli/printing.js';
import { fillDirectory } from './directory/fill.js';
import { sequentialKeys, VALUE } from './frame/data.js';
import type { BenchTask, BenchTopic, Contender } from './frame/task.js';

const FEW = 1000;

/** Whole processes: how long a `get` takes beside an empty program, what printing takes, and how much memory large inputs take. */
export const cliTopic: BenchTopic = {
  id: 'cli',
  title: 'the command line, whole processes',
  async run(task) {
    await measureGet(task, 'few', FEW);
    await measureGet(task, 'many', task.scale.keysMany);
    await measurePrinting(task);
    await measureMemory(task);
  },
};

async function measureGet(task: BenchTask, size: 'few' | 'many', count: number): Promise<void> {
  const keys = sequentialKeys(count);
  const root = task.fresh(`get-${size}`, 'store');
  await fillDirectory(root, keys, VALUE);
  const key = Buffer.from(keys[count >> 1]!).toString();
  const ours = started([task.program, 'get', root, key], VALUE.length);
  // The first start after a build is another one: code is not in the page cache yet.
  await ours();
  await task.compare(
    { id: `get-${size}`, title: `get, ${count.toLocaleString('en')} keys, against node -e 0`, unit: 'ms' },
    [
      { side: 'statelog', run: ours },
      { side: 'bare node', run: started(['-e', '0'], 0) },
    ],
    task.scale.starts,
  );
}

/** Starts Node, waits for its end, and returns how many milliseconds that took. */
function started(nodeArguments: readonly string[], outputBytes: number): Contender['run'] {
  return () => {
    const from = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, nodeArguments);
    const spent = performance.now() - from;
    if (status === 0 && stdout.length === outputBytes) return spent;
    throw new Error(`${nodeArguments.join(' ')} ended with ${status}: ${stderr.toString()}`);
  };
}
