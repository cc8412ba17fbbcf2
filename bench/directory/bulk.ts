import { keysInOrder, VALUE } from '../frame/data.js';
import type { BenchTask } from '../frame/task.js';
import { nsEachAwaited } from '../frame/timing.js';
import { fillDirectory } from './fill.js';

/** As many lines as `put --batch` makes a group of. */
const GROUP = 4096;
/** So few that no checkpoint falls due: 8 MiB of log. */
const LOG_ONLY_KEYS = 40_000;
const NS_A_MILLISECOND = 1e6;
const ROUNDS_MAX = 5;

/** Many puts: all on disk at the end, or group by group, beside what people use instead. */
export async function measureBulk(task: BenchTask, keys: readonly Uint8Array[]): Promise<void> {
  const count = keys.length.toLocaleString('en');
  await compareBulk(task, 'put-bulk', `put ${count} keys, one sync, then a checkpoint`, keys, keys.length);
  const few = keys.slice(0, LOG_ONLY_KEYS);
  const fewCount = few.length.toLocaleString('en');
  await compareBulk(task, 'put-log', `put ${fewCount} keys, one sync, no checkpoint due`, few, few.length);
  const random = keysInOrder('random', keys.length, 14);
  await compareBulk(task, 'put-random', `put ${count} keys in random order`, random, keys.length);
  const groups = `put ${count} keys, each ${GROUP.toLocaleString('en')} durable before the next`;
  await compareBulk(task, 'put-groups', groups, keys, GROUP);
  await task.measure(
    { id: 'put-cores', title: `put ${count} keys, one sync, 4 cores`, unit: 'ns' },
    async () => {
      const spent = await fillDirectory(task.fresh('cores', 'store'), keys, VALUE, { cores: 4 });
      return (spent * NS_A_MILLISECOND) / keys.length;
    },
    Math.min(ROUNDS_MAX, task.scale.rounds),
  );
}

async function compareBulk(
  task: BenchTask,
  id: string,
  title: string,
  keys: readonly Uint8Array[],
  groupSize: number,
): Promise<void> {
  const ours = async (): Promise<number> => {
    const spent = await fillDirectory(task.fresh('bulk', 'store'), keys, VALUE, { groupSize });
    return (spent * NS_A_MILLISECOND) / keys.length;
  };
  const peers = task.peers.map((peer) => ({
    side: peer.name,
    run: async () => {
      const store = await peer.open(task.fresh(peer.name, 'store'));
      const spent = await nsEachAwaited(keys.length, async () => store.putAll(keys, VALUE, groupSize));
      await store.close();
      return spent;
    },
  }));
  const rounds = Math.min(ROUNDS_MAX, task.scale.rounds);
  await task.compare({ id, title, unit: 'ns' }, [{ side: 'statelog', run: ours }, ...peers], rounds);
}
