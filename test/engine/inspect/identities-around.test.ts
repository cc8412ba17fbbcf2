import path from 'node:path';
import test from 'ava';
import { identitiesAround } from '../../../src/engine/inspect/identities-around.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { tempDir } from '../../support/temp-dir.js';

test('a folder that is taken away while it is looked at is looked for again, and in the end that is an error', (t) => {
  const folder = tempDir(t);
  const real = realFileSystem();
  let looks = 0;
  const goneFor = (times: number) =>
    withReplaced(real, {
      statusFollowing: (one) => {
        // Every second look is the one that follows the real path.
        const isGone = one === folder && looks++ % 2 === 1 && looks <= 2 * times;
        return isGone ? undefined : real.statusFollowing(one);
      },
    });
  const known = identitiesAround(real, path.join(folder, 'new'));
  t.deepEqual(identitiesAround(goneFor(3), path.join(folder, 'new')), known);
  looks = 0;
  t.throws(() => identitiesAround(goneFor(Infinity), path.join(folder, 'new')), { code: 'STORE_REPLACED' });
});
