import test from 'ava';
import { crashAt, type FaultPlan, type SimulatedOperation } from '../../../simulated-disk/index.js';
import { Follower, newDisk, nextSequences, write } from './following.js';

/** How many calls a life makes. */
async function callsOf(rounds: number, keep: number): Promise<number> {
  const calls: SimulatedOperation[] = [];
  const plan: FaultPlan = (operation) => {
    calls.push(operation);
    return undefined;
  };
  await write(newDisk(1), { name: 'a', rounds, keep, plan });
  return calls.length;
}

test('what a writer replaces by taking over is read though it is removed soon after, however late the follower looks', async (t) => {
  const calls = await callsOf(2, 1);
  for (let call = 0; call < calls; call += 3) {
    const disk = newDisk(1);
    const follower = new Follower(disk, 1);
    const dies = crashAt(call, 'after');
    const holds: FaultPlan = () => {
      follower.hold();
      return undefined;
    };
    const plan: FaultPlan = (operation) => holds(operation) ?? dies(operation);
    await write(disk, { name: 'a', rounds: 2, keep: 1, plan });
    for (const name of ['b', 'c']) await write(disk, { name, rounds: 2, keep: 1, plan: holds });
    for (let again = 0; again < 10; again++) follower.hold();
    const opened = follower.openPaths;
    // One of each log, and one more of that which was taken over.
    t.true(opened.length <= new Set(opened).size + 1, opened.join(', '));
    follower.look();
    t.is(follower.openPaths.length, 1);
    const complaint = follower.complaint(nextSequences(disk, 1));
    if (complaint !== undefined) t.fail(`the writer died after call ${call}: ${complaint}`);
    follower.close();
  }
  t.pass();
});

test('wherever a writer dies, and whenever the follower looks, the next writer takes over and nothing is missed or doubled', async (t) => {
  const calls = await callsOf(2, 1);
  t.true(calls > 100);
  for (let call = 0; call < calls; call++) {
    for (const when of ['before', 'after'] as const) {
      const disk = newDisk(1);
      const follower = new Follower(disk, 1);
      const dies = crashAt(call, when);
      const plan: FaultPlan = (operation) => {
        follower.look();
        return dies(operation);
      };
      const outcome = await write(disk, { name: 'a', rounds: 2, keep: 1, plan });
      const looks: FaultPlan = ({ index }) => {
        if (index % 5 === call % 5) follower.look();
        else follower.hold();
        return undefined;
      };
      await write(disk, { name: 'b', rounds: 2, keep: 1, plan: looks });
      follower.look();
      const complaint = follower.complaint(nextSequences(disk, 1));
      if (complaint !== undefined) t.fail(`the writer ${outcome} ${when} call ${call}: ${complaint}`);
      follower.close();
    }
  }
  t.pass();
});
