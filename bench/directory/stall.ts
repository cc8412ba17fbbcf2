import { StateDirectory } from '../../src/engine/directory/state-directory.js';
import { sequentialKeys, VALUE } from '../frame/data.js';
import type { BenchTask } from '../frame/task.js';
import { fillDirectory } from './fill.js';

const GROUP = 50;
const MICROSECONDS_A_MILLISECOND = 1000;
const ROUNDS_MAX = 5;
/** Changed keys stand far from each other. */
const STRIDE = 7919;
const PART = 0.999;

/** The processor's time that a writer with many keys gets no turn for, while a checkpoint is made beside its puts. */
export async function measureStall(task: BenchTask): Promise<void> {
  const root = task.fresh('stall', 'store');
  const keys = sequentialKeys(task.scale.keysMany);
  await fillDirectory(root, keys, VALUE);
  const count = keys.length.toLocaleString('en');
  let longest: number[] = [];
  let next = 0;
  const title = `${GROUP} puts, durable, while a checkpoint of ${count} keys is made: 99.9 % take the processor at most`;
  const rounds = Math.min(ROUNDS_MAX, task.scale.rounds);
  await task.measure(
    { id: 'checkpoint-stall', title, unit: 'ms' },
    async () => {
      const store = await StateDirectory.open(root);
      longest = [];
      const before = store.manifest.checkpoints.length === 0 ? 0n : store.manifest.checkpoints.at(-1)!.epoch;
      const isOver = (): boolean => (store.manifest.checkpoints.at(-1)?.epoch ?? 0n) > before + 1n;
      // Two checkpoints: the first finds code that is not compiled yet.
      for (let groups = 0; !isOver() && groups * GROUP < keys.length; groups++) {
        const started = processorTime();
        for (let put = 0; put < GROUP; put++) store.put(keys[(next++ * STRIDE) % keys.length]!, VALUE);
        await store.sync();
        longest.push(processorTime() - started);
        await new Promise(setImmediate);
      }
      store.close();
      return longest.toSorted((a, b) => a - b)[Math.floor(longest.length * PART)] ?? 0;
    },
    rounds,
  );
}

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS_A_MILLISECOND;
}
