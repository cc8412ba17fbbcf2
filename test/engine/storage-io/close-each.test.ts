import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { Follow } from '../../../src/engine/inspect/follow/follow.js';
import { StoreWatch } from '../../../src/engine/inspect/watch/store-watch.js';
import { systemError } from '../../../src/engine/storage-io/interface/system-error.js';
import { callEach, closeEach, closeEachQuietly } from '../../../src/engine/storage-io/whole/close-each.js';
import { SimulatedDisk, SimulatedFileSystem, type FaultPlan } from '../../simulated-disk/index.js';

const broken = {
  close: (): void => {
    throw systemError('close', '/first', 'EIO');
  },
};

test('all are closed, also those behind one that cannot be closed, and the first failure is thrown', (t) => {
  let closed = 0;
  const whole = {
    close: (): void => {
      closed++;
    },
  };
  const second = {
    close: (): void => {
      throw systemError('close', '/second', 'EIO');
    },
  };
  t.throws(() => closeEach([whole, broken, undefined, second, whole]), { message: /^close \/first/ });
  t.is(closed, 2);
  closeEachQuietly([broken, whole]);
  t.is(closed, 3);
  t.throws(() => callEach([broken.close, whole.close]), { message: /^close \/first/ });
  t.is(closed, 4);
});

test('what is no failure of the disk is thrown by the quiet one too, once all are closed', (t) => {
  let closed = 0;
  const wrong = {
    close: (): void => {
      throw new TypeError('a defect');
    },
  };
  t.throws(
    () =>
      closeEachQuietly([
        wrong,
        {
          close: (): void => {
            closed++;
          },
        },
      ]),
    { instanceOf: TypeError },
  );
  t.is(closed, 1);
});

test('a follower and a watch leave no file of any core open where closing fails', async (t) => {
  const disk = new SimulatedDisk();
  const writing = new SimulatedFileSystem({ disk });
  StateDirectory.create('/store', { fileSystem: writing, cores: 3 });
  const store = await StateDirectory.open('/store', { fileSystem: writing });
  store.put(Uint8Array.of(1), Uint8Array.of(2));
  await store.sync();
  let isFailing = false;
  const plan: FaultPlan = ({ name }) =>
    isFailing && name === 'close' ? { kind: 'error', errno: 'EIO', when: 'after' } : undefined;
  const fileSystem = new SimulatedFileSystem({ disk, plan });
  const follow = Follow.open(fileSystem, '/store');
  const watch = new StoreWatch(fileSystem, '/store', { range: undefined, withContent: true });
  follow.next();
  watch.next();
  t.true(fileSystem.openPaths.length > 6);
  isFailing = true;
  for (const one of [follow, watch]) closeEachQuietly([one]);
  t.deepEqual(fileSystem.openPaths, []);
  store.close();
});
