import test from 'ava';
import { moveIntoPlace } from '../../../src/engine/storage-io/whole/into-place.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';

for (const kind of ['file', 'folder'] as const) {
  test(`what appears in the place of a finished ${kind} at the last moment is not replaced`, (t) => {
    const disk = new SimulatedDisk();
    disk.plantFile(kind === 'file' ? '/folder/.new' : '/folder/.new/data', Uint8Array.of(1));
    let planted = false;
    const fileSystem = new SimulatedFileSystem({
      disk,
      plan: ({ name, path }) => {
        if (name === 'rename' && path === '/folder/place' && !planted) {
          planted = true;
          disk.plantFile('/folder/place', Uint8Array.of(2));
        }
        return undefined;
      },
    });
    t.throws(() => moveIntoPlace(fileSystem, '/folder/.new', '/folder/place'), { code: 'ALREADY_EXISTS' });
    t.true(planted);
    t.deepEqual([...disk.fileBytes('/folder/place')], [2]);
  });
}
