import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import { closeQuietly } from '../whole/atomic-write.js';
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

/**
 * A file system that asks, after each look at a name and each opening of one, whether names still mean what they meant: so what
 * is found, and what is found missing, is of one store, and not of another that took its place meanwhile.
 * @param guard is told the path; throws where it does not
 */
export function steadyFileSystem(fileSystem: FileSystem, guard: (path: string) => void): FileSystem {
  const steady =
    <Rest extends unknown[], Result>(
      look: (path: string, ...rest: Rest) => Result,
      undo: (found: Result) => void = () => undefined,
    ) =>
    (path: string, ...rest: Rest): Result => {
      let found: Result;
      try {
        found = look(path, ...rest);
      } catch (error) {
        guard(path);
        throw error;
      }
      try {
        guard(path);
      } catch (error) {
        undo(found);
        throw error;
      }
      return found;
    };
  const close = (descriptor: FileDescriptor): void => {
    closeQuietly(fileSystem, descriptor);
  };
  return withReplaced(fileSystem, {
    openRead: steady(fileSystem.openRead.bind(fileSystem), close),
    openReadWrite: steady(fileSystem.openReadWrite.bind(fileSystem), close),
    status: steady(fileSystem.status.bind(fileSystem)),
    statusFollowing: steady(fileSystem.statusFollowing.bind(fileSystem)),
    readDirectory: steady(fileSystem.readDirectory.bind(fileSystem)),
  });
}
