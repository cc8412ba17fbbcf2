import { spawnSync } from 'node:child_process';
import { measureLoading } from './cli/loading.js';
import { measureMemory } from './cli/memory.js';
import { measurePrinting } from './cli/printing.js';
import { fillDirectory } from './directory/fill.js';
import { sequentialKeys, VALUE } from './frame/data.js';
import type { BenchTask, BenchTopic, Contender } from './frame/task.js';

const FEW = 1000;

/** Whole processes: how long `get` and `put` take beside an empty program, what printing and loading take, and how much memory large inputs take. */
export const cliTopic: BenchTopic = {
  id: 'cli',
  title: 'the command line, whole processes',
  async run(task) {
    await measureStarts(task, 'few', FEW);
    await measureStarts(task, 'many', task.scale.keysMany);
    await measurePrinting(task);
    await measureLoading(task);
    await measureMemory(task);
  },
};

async function measureStarts(task: BenchTask, size: 'few' | 'many', count: number): Promise<void> {
  const keys = sequentialKeys(count);
  const root = task.fresh(`started-${size}`, 'store');
  await fillDirectory(root, keys, VALUE);
  const key = Buffer.from(keys[count >> 1]!).toString();
  const commands = [
    { name: 'get', run: started([task.program, 'get', root, key], VALUE.length) },
    { name: 'put', run: started([task.program, 'put', root, key, 'value'], 0) },
  ];
  for (const { name, run } of commands) {
    // The first start after a build is another one: code is not in the page cache yet.
    await run();
    await task.compare(
      {
        id: `${name}-${size}`,
        title: `${name}, ${count.toLocaleString('en')} keys, against node -e 0`,
        unit: 'ms',
      },
      [
        { side: 'statelog', run },
        { side: 'bare node', run: started(['-e', '0'], 0) },
      ],
      task.scale.starts,
    );
  }
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
