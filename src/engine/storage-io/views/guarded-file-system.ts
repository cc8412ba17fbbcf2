import type { FileSystem } from '../interface/file-system.js';
import { withReplaced } from './replaced-members.js';

/**
 * A file system that asks, before each change of names, whether they still mean what they meant: so work that
 * makes, renames and removes files by their paths touches nothing of another store that was put there
 * meanwhile.
 * @param guard throws where they do not
 */
export function guardedFileSystem(fileSystem: FileSystem, guard: () => void): FileSystem {
  const guarded =
    <Arguments extends unknown[], Result>(change: (...args: Arguments) => Result) =>
    (...args: Arguments): Result => {
      guard();
      return change(...args);
    };
  return withReplaced(fileSystem, {
    createExclusive: guarded(fileSystem.createExclusive.bind(fileSystem)),
    makeDirectory: guarded(fileSystem.makeDirectory.bind(fileSystem)),
    rename: guarded(fileSystem.rename.bind(fileSystem)),
    renameExclusive: guarded(fileSystem.renameExclusive.bind(fileSystem)),
    link: guarded(fileSystem.link.bind(fileSystem)),
    copyFile: guarded(fileSystem.copyFile.bind(fileSystem)),
    remove: guarded(fileSystem.remove.bind(fileSystem)),
    removeDirectory: guarded(fileSystem.removeDirectory.bind(fileSystem)),
  });
}
