import test from 'ava';
import { crashAtMoments, failAtCalls } from './checkpointing-work.js';

test('a crash at any moment of a checkpoint beside its writer leaves no damage, and nothing that was acknowledged is lost', async (t) => {
  const withCopies = await crashAtMoments(t, 1);
  // Between the renames that put the copies in place and the manifest's.
  t.true(withCopies > 2, `${withCopies} moments`);
});

for (const errno of ['ENOSPC', 'EIO']) {
  test(`whichever call fails with ${errno} beside the puts, what was acknowledged stays, and the store goes on or says why`, async (t) => {
    const abandoned = await failAtCalls(t, errno, 1);
    t.true(abandoned > 5, `${abandoned} checkpoints were given up`);
  });
}
