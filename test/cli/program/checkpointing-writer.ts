import { setImmediate as nextTurn } from 'node:timers/promises';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';

/*
 * A writer in a process of its own: it puts, syncs, and makes a checkpoint after every few groups, until it is
 * killed, or until its standard input ends. It prints the number of each group that is on disk.
 *
 * node checkpointing-writer.cjs STORE NAME KEEP
 */
const [, , root = '', name = '', keep = ''] = process.argv;
const GROUPS_BETWEEN_CHECKPOINTS = 7;
const PUTS_A_GROUP = 5;

async function run(): Promise<void> {
  const store = await StateDirectory.open(root);
  let isOver = false;
  process.stdin.on('end', () => (isOver = true)).resume();
  for (let group = 0; !isOver; group++) {
    for (let put = 0; put < PUTS_A_GROUP; put++) {
      store.put(Buffer.from(`${name}-${group}-${put}`), Buffer.alloc((group * 97 + put) % 2_000, 'v'));
    }
    await store.sync();
    if (group % GROUPS_BETWEEN_CHECKPOINTS === 0) await store.checkpoint({ keep: Number(keep) });
    process.stdout.write(`${group}\n`);
    // Writing to a pipe and syncing may both go on without the event loop, and the end of the input come with it.
    await nextTurn();
  }
  store.close();
}

void run();
