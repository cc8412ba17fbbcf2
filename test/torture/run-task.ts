import { type TortureScale, TortureTask } from './row.js';
import { TORTURE_ROWS } from './rows.js';

/*
 * A process that runs one task, named by its arguments, and prints its outcome as one line of JSON; without arguments
 * it lists the rows.
 */

// Millions of refusals are made and thrown away, and where each was made is of no interest.
Error.stackTraceLimit = 0;

async function runTask(id: string, scale: TortureScale, seed: number, shard: number, shards: number) {
  const row = TORTURE_ROWS.find((candidate) => candidate.id === id);
  if (row === undefined) throw new RangeError(`there is no row ${id}`);
  const task = new TortureTask(row, scale, seed, shard, shards);
  try {
    await row.run(task);
  } catch (error) {
    task.report(row.id, error);
  }
  const { count, violations, notes } = task;
  process.stdout.write(`\n${JSON.stringify({ count, violations, notes })}\n`);
}

const [id, scale, seed, shard, shards] = process.argv.slice(2);
if (id === undefined) {
  const listed = TORTURE_ROWS.map(({ id, title, figures, shardsMax }) => ({ id, title, figures, shardsMax }));
  process.stdout.write(`${JSON.stringify(listed)}\n`);
} else {
  void runTask(id, scale as TortureScale, Number(seed), Number(shard), Number(shards));
}
