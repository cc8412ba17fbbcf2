import test from 'ava';
import { TortureTask } from '../../torture/row.js';
import { replicasRow } from '../../torture/damage/replica-row.js';

test('damaged stores are filled from 50 replicas, and nothing stale is taken', async (t) => {
  const row = { ...replicasRow, figures: { part: 50, usual: 50, long: 50 } };
  const task = new TortureTask(row, 'part', 1, 0, 1);
  await replicasRow.run(task);
  t.is(task.count, 50);
  t.deepEqual(task.violations, []);
});
