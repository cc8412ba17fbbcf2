import test from 'ava';
import { TortureTask } from '../../torture/row.js';
import { replicasRow } from '../../torture/damage/replica-row.js';

for (const seed of [1, 2, 3]) {
  test(`damaged stores are filled from 50 replicas, and nothing stale is taken: seed ${seed}`, async (t) => {
    const row = { ...replicasRow, figures: { part: 50, usual: 50, long: 50 } };
    const task = new TortureTask(row, 'part', seed, 0, 1);
    await replicasRow.run(task);
    t.is(task.count, 50);
    t.deepEqual(task.violations, []);
  });
}
