import { join, relative, resolve } from 'node:path';
import type { StatelogError } from '../../errors.js';
import { closeQuietly } from '../whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import { saidOf } from '../interface/system-error.js';
import { ledElsewhere } from './own-paths.js';

/** Which names in an anchored folder are reached through it, with all below them. */
export type Covers = (name: string) => boolean;

/** A folder as it was when it was looked at, and the way from there to what is in it. */
export class Anchor {
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #identity: string;
  readonly #covers: Covers;

  constructor(fileSystem: FileSystem, folder: string, identity: string, covers: Covers) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.#identity = identity;
    this.#covers = covers;
  }

  /** Whether a path is reached through the folder: it, and what is covered in it. */
  isCovered(path: string): boolean {
    return this.#namesTo(path) !== undefined;
  }

  /** True for a path below the folder, and not for the folder itself, whose path is the user's. */
  isBelow(path: string): boolean {
    return (this.#namesTo(path)?.length ?? 0) > 0;
  }

  /**
   * Does something with a path: `act` gets one that leads to the same place from an open folder, or the path as it is where
   * it is not covered. What fails is said of the path.
   * @throws StatelogError `LED_ELSEWHERE`
   */
  reach<T>(path: string, act: (path: string) => T): T {
    const names = this.#namesTo(path);
    if (names === undefined) return act(path);
    return this.#from(path, names.slice(0, -1), names.at(-1) ?? '.', act);
  }

  /** Reaches a folder and what is in it: the folder must be no link either. */
  reachInto<T>(path: string, act: (path: string) => T): T {
    const names = this.#namesTo(path);
    return names === undefined ? act(path) : this.#from(path, names, '.', act);
  }

  #from<T>(path: string, folders: readonly string[], last: string, act: (path: string) => T): T {
    let held = this.#openFolder(path);
    try {
      let place = this.#folder;
      for (const name of folders) {
        place = join(place, name);
        const next = this.#openNext(held, name, place);
        this.#fileSystem.close(held);
        held = next;
      }
      const within = `${this.#fileSystem.pathThrough(held)!}/${last}`;
      return saidOf(path, within, () => act(within));
    } finally {
      closeQuietly(this.#fileSystem, held);
    }
  }

  /** The names from the folder to a path; none for the folder itself, undefined where it is reached as usual. */
  #namesTo(path: string): string[] | undefined {
    const names = relative(this.#folder, resolve(path)).split('/');
    if (names[0] === '') return [];
    return names[0] !== '..' && this.#covers(names[0]!) ? names : undefined;
  }

  #openFolder(path: string): FileDescriptor {
    const held = this.#fileSystem.openDirectory(this.#folder);
    if (this.#fileSystem.statusOf(held).identity === this.#identity) return held;
    closeQuietly(this.#fileSystem, held);
    throw ledElsewhere(path, 'no longer in the folder that was opened', 'somebody else chose what is there');
  }

  #openNext(held: FileDescriptor, name: string, path: string): FileDescriptor {
    const within = `${this.#fileSystem.pathThrough(held)!}/${name}`;
    return saidOf(path, within, () => {
      try {
        return this.#fileSystem.openDirectory(within, 'refuse');
      } catch (error) {
        if (this.#fileSystem.status(within)?.kind !== 'symlink') throw error;
        throw linkInTheWay(path);
      }
    });
  }
}

/** The error for a link in a place where nothing is written or read through one. */
export function linkInTheWay(path: string): StatelogError {
  return ledElsewhere(path, 'a symbolic link', 'somebody else could choose where it leads');
}
