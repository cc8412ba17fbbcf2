import test from 'ava';
import { writeFully } from '../../../../src/engine/storage-io/whole/write-fully.js';
import { SimulatedFileSystem, powerLossImages } from '../../../simulated-disk/index.js';
import { testFileSystemContract } from '../../../contracts/file-system-contract.js';

testFileSystemContract(test, 'simulated disk', () => {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory('/folder');
  return {
    fileSystem,
    folder: '/folder',
    plant: (path, kind, target = '') => {
      fileSystem.disk.plantOddity(path, kind, target);
    },
  };
});

testFileSystemContract(test, 'image after a power loss', () => {
  const before = new SimulatedFileSystem();
  before.makeDirectory('/folder');
  before.syncDirectory('/');
  const [image] = powerLossImages(before.disk);
  const fileSystem = image!.fileSystem;
  return {
    fileSystem,
    folder: '/folder',
    plant: (path, kind, target = '') => {
      fileSystem.disk.plantOddity(path, kind, target);
    },
  };
});

test('simulated disk: a mapping shows the bytes of the file, and later writes to it', (t) => {
  const fileSystem = new SimulatedFileSystem({ canMap: true });
  const descriptor = fileSystem.createExclusive('/file');
  writeFully(fileSystem, descriptor, new Uint8Array(100).fill(7));
  const mapping = fileSystem.map(descriptor, 100);
  t.is(mapping?.windows[0]?.[99], 7);
  writeFully(fileSystem, descriptor, new Uint8Array(20).fill(9), 0, 20, 90);
  t.deepEqual([...(mapping?.windows[0]?.subarray(88) ?? [])], [7, 7, ...Array<number>(10).fill(9)]);
  mapping?.unmap();
  writeFully(fileSystem, descriptor, Uint8Array.of(3), 0, 1, 0);
  t.is(mapping?.windows[0]?.[0], 7, 'what was unmapped is not written to');
  fileSystem.close(descriptor);
});
