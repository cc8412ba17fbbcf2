import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import { failAt, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { DirectoryRecorder, newDirectoryBook } from '../../torture/crash/directory-book.js';
import { DIRECTORY_WORKLOADS, usedStore } from '../../torture/crash/directory-workloads.js';

test('whichever call of a checkpoint and of what follows it fails, no file stays open', async (t) => {
  const start = await usedStore(2);
  const run = async (fileSystem: SimulatedFileSystem): Promise<void> => {
    const recorder = new DirectoryRecorder(fileSystem, newDirectoryBook(2, start.content));
    try {
      await recorder.open();
      await DIRECTORY_WORKLOADS['a checkpoint']!(recorder);
    } finally {
      recorder.close();
    }
  };
  const whole = new SimulatedFileSystem({ disk: start.disk.clone() });
  await run(whole);
  const left: string[] = [];
  for (let call = 0; call < whole.operationCount; call++) {
    const fileSystem = new SimulatedFileSystem({ disk: start.disk.clone(), plan: failAt(call, 'EIO') });
    try {
      await run(fileSystem);
    } catch (error) {
      if (!isStatelogError(error)) throw error;
    }
    if (fileSystem.openPaths.length > 0) left.push(`call ${call}: ${fileSystem.openPaths.join(', ')}`);
  }
  t.deepEqual(left, []);
});
