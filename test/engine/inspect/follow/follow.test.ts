import test from 'ava';
import type { FaultPlan } from '../../../simulated-disk/index.js';
import { Follower, newDisk, nextSequences, write } from './following.js';

test('a follower that looks at every call of a writer is told of each record once, in order, over all checkpoints', async (t) => {
  for (const cores of [1, 3]) {
    const disk = newDisk(cores);
    const follower = new Follower(disk, cores);
    const plan: FaultPlan = () => {
      follower.look();
      return undefined;
    };
    t.is(await write(disk, { name: 'a', rounds: 4, keep: 1, plan }), 'closed');
    follower.look();
    t.is(follower.complaint(nextSequences(disk, cores)), undefined);
    follower.close();
  }
});

test('a follower that seldom looks misses nothing either, as long as the logs are kept', async (t) => {
  for (const stride of [2, 7, 31, 101, 307, Infinity]) {
    const disk = newDisk(2);
    const follower = new Follower(disk, 2);
    const plan: FaultPlan = ({ index }) => {
      if (index % stride === stride - 1) follower.look();
      return undefined;
    };
    follower.look();
    // The first checkpoint drops the log before it, whatever is kept: that log is opened by now.
    t.is(await write(disk, { name: 'a', rounds: 6, keep: 1_000, plan }), 'closed', `every ${stride} calls`);
    follower.look();
    t.is(follower.complaint(nextSequences(disk, 2)), undefined, `every ${stride} calls`);
    follower.close();
  }
});

test('what was opened is read though its writer has removed it, however late the follower looks', async (t) => {
  for (const stride of [31, 307, Infinity]) {
    const disk = newDisk(2);
    const follower = new Follower(disk, 2);
    const plan: FaultPlan = ({ index }) => {
      if (index % stride === stride - 1) follower.look();
      else follower.hold();
      return undefined;
    };
    t.is(await write(disk, { name: 'a', rounds: 6, keep: 1, plan }), 'closed', `every ${stride} calls`);
    follower.look();
    t.is(follower.complaint(nextSequences(disk, 2)), undefined, `every ${stride} calls`);
    follower.close();
  }
});

test('records whose log was removed before the follower looked are told of as missing, and it goes on behind them', async (t) => {
  const disk = newDisk(2);
  const follower = new Follower(disk, 2);
  follower.look();
  t.is(await write(disk, { name: 'a', rounds: 4, keep: 1 }), 'closed');
  follower.look();
  const [first] = follower.findings;
  t.like(first, { severity: 'damage', class: 'sequence-gap', coreId: 0 });
  t.regex(first!.message, /^\d+ records were removed before they could be read$/);
  for (const [core, sequences] of follower.told.entries()) {
    const finding = follower.findings.find(({ coreId }) => coreId === core)!;
    const before = sequences.filter((sequence) => sequence < Number(finding.found));
    t.is(before.length, Number(finding.expected));
    t.is(
      sequences.find((sequence) => sequence >= Number(finding.found)) ?? Number(finding.found),
      Number(finding.found),
    );
  }
  follower.close();
});
