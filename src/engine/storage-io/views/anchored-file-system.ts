import { basename, dirname, join, resolve } from 'node:path';
import { StatelogError, isStatelogError } from '../../errors.js';
import { Anchor, linkInTheWay, type Covers } from '../owners/anchor.js';
import { closeQuietly } from '../whole/atomic-write.js';
import { copyByDescriptor } from '../whole/copy-by-descriptor.js';
import type { FileDescriptor, FileStatus, FileSystem, LinkPolicy } from '../interface/file-system.js';
import { isInOtherHands, othersCanSwap } from '../owners/other-hands.js';
import { replacedWhileRead } from '../owners/identity.js';
import { steadyFileSystem } from './guarded-file-system.js';
import { withReplaced } from './replaced-members.js';
import { isTemporaryName, isTemporaryNameOf } from '../whole/staged-paths.js';

/**
 * Marks in the names of files that are put beside another and named after it: copies that recovery made, and
 * a pair's next generation.
 */
const OWN_SUFFIXES = ['.broken-', '.at-', '.new'];

/**
 * For what works in a store's folder: where somebody else can put links in the way, now or while it is at work, a file system
 * that cannot be led elsewhere. Everything below the folder is reached from the folder as it is now, name by name and from
 * what is open, and no link is followed there. Where nobody else can, the same file system.
 * @throws StatelogError `LED_ELSEWHERE` for root, where the platform offers no such way
 */
export function anchoredStore(fileSystem: FileSystem, folder: string): FileSystem {
  if (!isInOtherHands(fileSystem, folder)) return fileSystem;
  return anchored(fileSystem, folder, () => true);
}

/**
 * Anchors the file system of a caller that makes or replaces files or a folder at paths of one folder: these,
 * their staged forms and the files named after them are reached by descriptor; other files there are not
 * concerned.
 * @throws StatelogError as `anchoredStore`
 */
export function anchoredPlace(fileSystem: FileSystem, path: string, ...alongside: string[]): FileSystem {
  const place = resolve(path);
  if (!othersCanSwap(fileSystem, place)) return fileSystem;
  const owns = [place, ...alongside].map((one) => basename(one));
  return anchored(fileSystem, dirname(place), (name) => owns.some((own) => isNamedAfter(name, own)));
}

/**
 * Anchors the file system of a caller that reads a store's folder; a file by itself is the one that was
 * named, and is read as it is. A user who may not list the folder reads by path. Where nobody else can lead it elsewhere, it
 * still stops once the folder is no longer the one that was there at first.
 * @throws StatelogError as `anchoredStore`
 */
export function anchoredSource(fileSystem: FileSystem, path: string): FileSystem {
  const status = fileSystem.statusFollowing(path);
  if (status?.kind !== 'directory') return fileSystem;
  if (!isInOtherHands(fileSystem, path, status)) return steadySource(fileSystem, path, status.identity);
  return whereListed(fileSystem, () => anchored(fileSystem, path, () => true));
}

/** @returns a file system whose looks into the folder fail with `STORE_REPLACED` once another thing lies at its path */
function steadySource(fileSystem: FileSystem, path: string, identity: string): FileSystem {
  const folder = resolve(path);
  const within = join(folder, '/');
  return steadyFileSystem(fileSystem, (looked) => {
    const place = resolve(looked);
    if (place !== folder && !place.startsWith(within)) return;
    if (fileSystem.statusFollowing(folder)?.identity !== identity) throw replacedWhileRead(path);
  });
}

/**
 * Anchors the file system of a caller that reads a file and others named after it, such as a state file's
 * index. The path that was named may be a link, and goes on leading where it leads now; what lies beside it,
 * there and where it leads, may not be one.
 * @throws StatelogError as `anchoredStore`
 */
export function anchoredBeside(fileSystem: FileSystem, path: string): FileSystem {
  const named = resolve(path);
  const isLink = fileSystem.status(named)?.kind === 'symlink';
  const real = isLink ? fileSystem.realPath(named) : named;
  const isCovered: Covers = (name) => !isLink || name !== basename(named);
  const besideNamed = coveringBeside(fileSystem, named, isCovered);
  const besideBoth = isLink ? coveringBeside(besideNamed, real, () => true) : besideNamed;
  if (besideBoth === fileSystem) return fileSystem;
  const realPath = (one: string): string => (resolve(one) === named ? real : fileSystem.realPath(one));
  return withReplaced(besideBoth, { realPath });
}

function coveringBeside(fileSystem: FileSystem, path: string, covers: Covers): FileSystem {
  if (!othersCanSwap(fileSystem, path)) return fileSystem;
  return whereListed(fileSystem, () => anchored(fileSystem, dirname(path), covers));
}

/** Root may list every folder but where a server keeps it from that, and then gets the error. */
function whereListed(fileSystem: FileSystem, anchor: () => FileSystem): FileSystem {
  try {
    return anchor();
  } catch (error) {
    if (fileSystem.userId === 0 || !isStatelogError(error, 'PERMISSION_DENIED')) throw error;
    return fileSystem;
  }
}

function isNamedAfter(name: string, own: string): boolean {
  const stem = isTemporaryName(name) ? name.slice(1) : name;
  const isOwn = name === own || isTemporaryNameOf(name, own);
  return isOwn || OWN_SUFFIXES.some((suffix) => stem.startsWith(own + suffix));
}

function anchored(fileSystem: FileSystem, folder: string, covers: Covers): FileSystem {
  const descriptor = fileSystem.openDirectory(folder);
  try {
    const { identity, owner } = fileSystem.statusOf(descriptor);
    if (fileSystem.pathThrough(descriptor) !== undefined) {
      return membersOf(fileSystem, new Anchor(fileSystem, resolve(folder), identity, covers));
    }
    // Where a user could be led, whoever leads him gains what that user may do; of root, everything.
    if (fileSystem.userId === 0) throw notToBeAnchored(folder, owner);
    return fileSystem;
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}

function membersOf(fileSystem: FileSystem, anchor: Anchor): FileSystem {
  const statusAt = (path: string): FileStatus | undefined => statusBelow(fileSystem, anchor, path);
  const anchoredSystem: FileSystem = withReplaced(fileSystem, {
    ...opensAndRenames(fileSystem, anchor),
    status: (path) => (anchor.isBelow(path) ? statusAt(path) : fileSystem.status(path)),
    statusFollowing: (path) => (anchor.isBelow(path) ? statusAt(path) : fileSystem.statusFollowing(path)),
    readDirectory: (path) => anchor.reachInto(path, (one) => fileSystem.readDirectory(one)),
    syncDirectory: (path) => {
      anchor.reachInto(path, (one) => {
        fileSystem.syncDirectory(one);
      });
    },
    makeDirectory: (path) => {
      anchor.reach(path, (one) => {
        fileSystem.makeDirectory(one);
      });
    },
    copyFile: (from, to) => {
      if (anchor.isBelow(from) || anchor.isBelow(to)) copyByDescriptor(anchoredSystem, from, to);
      else fileSystem.copyFile(from, to);
    },
    remove: (path) => {
      anchor.reach(path, (one) => {
        fileSystem.remove(one);
      });
    },
    removeDirectory: (path) => {
      anchor.reach(path, (one) => {
        fileSystem.removeDirectory(one);
      });
    },
  });
  return anchoredSystem;
}

/**
 * Opens and renames through the anchor; an open file keeps the path that it was asked for, also once it is
 * renamed.
 */
function opensAndRenames(fileSystem: FileSystem, anchor: Anchor): Partial<FileSystem> {
  const names = new Map<FileDescriptor, string>();
  const name = (descriptor: FileDescriptor, path: string): FileDescriptor => {
    names.set(descriptor, path);
    fileSystem.nameDescriptor(descriptor, path);
    return descriptor;
  };
  const open = (path: string, act: (path: string) => FileDescriptor): FileDescriptor => {
    const descriptor = anchor.reach(path, act);
    return anchor.isCovered(path) ? name(descriptor, path) : descriptor;
  };
  const openFile = (path: string, act: (path: string) => FileDescriptor): FileDescriptor =>
    open(path, (one) => {
      try {
        return act(one);
      } catch (error) {
        if (!anchor.isBelow(path) || fileSystem.status(one)?.kind !== 'symlink') throw error;
        throw linkInTheWay(path);
      }
    });
  const onTwo = (from: string, to: string, act: (from: string, to: string) => void): void => {
    anchor.reach(from, (one) => {
      anchor.reach(to, (other) => {
        act(one, other);
      });
    });
    for (const [descriptor, path] of names) if (path === from) name(descriptor, to);
  };
  const policy = (path: string, links: LinkPolicy | undefined): LinkPolicy =>
    anchor.isBelow(path) ? 'refuse' : (links ?? 'follow');
  return {
    openRead: (path, links) => openFile(path, (one) => fileSystem.openRead(one, policy(path, links))),
    openReadWrite: (path, links) =>
      openFile(path, (one) => fileSystem.openReadWrite(one, policy(path, links))),
    openOrCreate: (path, links) => open(path, (one) => fileSystem.openOrCreate(one, policy(path, links))),
    openDirectory: (path, links) => open(path, (one) => fileSystem.openDirectory(one, policy(path, links))),
    createExclusive: (path) => open(path, (one) => fileSystem.createExclusive(one)),
    close: (descriptor) => {
      names.delete(descriptor);
      fileSystem.close(descriptor);
    },
    rename: (from, to) => {
      onTwo(from, to, (one, other) => {
        fileSystem.rename(one, other);
      });
    },
    renameExclusive: (from, to) => {
      onTwo(from, to, (one, other) => {
        fileSystem.renameExclusive(one, other);
      });
    },
    link: (existing, path) => {
      anchor.reach(existing, (one) => {
        anchor.reach(path, (other) => {
          fileSystem.link(one, other);
        });
      });
    },
  };
}

/** A link where a folder should be leads to nothing of ours. */
function statusBelow(fileSystem: FileSystem, anchor: Anchor, path: string): FileStatus | undefined {
  try {
    return anchor.reach(path, (one) => fileSystem.status(one));
  } catch (error) {
    const isNotThere =
      isStatelogError(error, 'NOT_FOUND') ||
      isStatelogError(error, 'NOT_A_DIRECTORY') ||
      isStatelogError(error, 'LED_ELSEWHERE');
    if (isNotThere) return undefined;
    throw error;
  }
}

function notToBeAnchored(folder: string, owner: number): StatelogError {
  return new StatelogError(
    'LED_ELSEWHERE',
    `other users can put links in the place of what is in ${folder}, and nothing here keeps root from following them`,
    {
      path: folder,
      safe: 'nothing was changed',
      hint: owner === 0 ? `take their rights away: chmod go-w` : `run it as its owner: sudo -u '#${owner}'`,
    },
  );
}
