import { dirname } from 'node:path';
import { StatelogError, isStatelogError, type ErrorCode } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { identify } from '../identify.js';
import { told, WAITING, type WatchedStore, type WatchStep } from './watch-step.js';
import { WatchedDirectory, type WatchOptions } from './watched-directory.js';
import { WatchedFold } from './watched-fold.js';

/** A store that is being made, or put in another's place, may look like this for a moment. */
const UNFINISHED: readonly ErrorCode[] = ['NOT_FOUND', 'UNKNOWN_FORMAT', 'NOT_A_DIRECTORY'];

/**
 * The changes of a state directory or a fold log, each once, in order: of one that is there, or that is made later; through checkpoints,
 * takeovers and compactions, and where another store takes its place. It never waits, and knows no time.
 */
export class StoreWatch {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  #options: WatchOptions;
  #watched: WatchedStore | undefined;
  #wasWatched = false;

  /**
   * @throws StatelogError `NOT_FOUND` where not even its folder is there, `UNKNOWN_FORMAT` for what is no store
   */
  constructor(fileSystem: FileSystem, path: string, options: WatchOptions) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#options = options;
    this.#watched = this.#openIfThere();
    if (this.#watched !== undefined) return;
    if (fileSystem.statusFollowing(dirname(path)) === undefined) {
      const hint = 'a store may be made later, but the folder that it is to be in must be there';
      throw new StatelogError('NOT_FOUND', 'there is nothing at this path', { path, hint });
    }
    // All of what is made later is later.
    this.#options = { ...options, withContent: true };
  }

  get folders(): readonly string[] {
    return this.#watched?.folders ?? [dirname(this.#path), this.#path];
  }

  /** @throws StatelogError what opening and reading files throws */
  next(): WatchStep {
    for (;;) {
      if (this.#watched === undefined) {
        const opened = this.#openIfMade();
        if (opened === undefined) return WAITING;
        this.#watched = opened;
        if (this.#wasWatched) return told({ op: 'replaced' });
      }
      const step = this.#watched.next();
      if (step.type !== 'gone') return step;
      this.#watched.close();
      this.#watched = undefined;
      this.#wasWatched = true;
      this.#options = { ...this.#options, withContent: true };
    }
  }

  /** Opens what is new, to be called whenever files appear or are replaced. */
  hold(): void {
    this.#watched?.hold();
  }

  close(): void {
    this.#watched?.close();
    this.#watched = undefined;
  }

  /** One that other hands move, remove or replace meanwhile counts as not there yet. */
  #openIfThere(): WatchedStore | undefined {
    const before = this.#fileSystem.statusFollowing(this.#path)?.identity;
    if (before === undefined) return undefined;
    try {
      return this.#open();
    } catch (error) {
      const isGone = this.#fileSystem.statusFollowing(this.#path)?.identity !== before;
      if (isStatelogError(error) && isGone) return undefined;
      throw error;
    }
  }

  #openIfMade(): WatchedStore | undefined {
    try {
      return this.#openIfThere();
    } catch (error) {
      if (isStatelogError(error) && UNFINISHED.includes(error.code)) return undefined;
      throw error;
    }
  }

  #open(): WatchedStore {
    const { kind, path } = identify(this.#fileSystem, this.#path);
    if (kind === 'directory') return WatchedDirectory.open(this.#fileSystem, path, this.#options);
    if (kind === 'log') return new WatchedFold(this.#fileSystem, path, this.#options);
    throw new StatelogError('UNKNOWN_FORMAT', 'only a state directory or a fold log can be watched', {
      path,
      hint: `'statelog wal-replay --follow' follows segments of a log`,
    });
  }
}
