import test from 'ava';
import { SimulatedFileSystem, powerLossImages } from '../../../../src/engine/storage-io/simulated/index.js';
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
