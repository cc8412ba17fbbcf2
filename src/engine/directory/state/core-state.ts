import { crc32c } from '../../bytes/crc/checksum.js';
import type { EntryCursor } from '../../entry-cursor.js';
import type { StateFileCursor } from '../../state/read/state-file-cursor.js';
import type { StateFile } from '../../state/read/state-file.js';
import { CoresCursor } from './cores-cursor.js';
import { EmptyCursor } from './empty-cursor.js';
import { MergedCursor } from './merged-cursor.js';
import type { Overlay } from './overlay.js';

/** One core's state: what the checkpoint holds, and every change since. */
export interface CoreState {
  readonly coreId: number;
  /** Undefined before the first checkpoint. */
  readonly base: StateFile | undefined;
  readonly overlay: Overlay;
}

/** Which core a key belongs to. */
export function coreOfKey(key: Uint8Array, cores: number): number {
  return cores === 1 ? 0 : crc32c(key) % cores;
}

/** The value of a key in one core; a view that may be a mapping's. */
export function findInCore(core: CoreState, key: Uint8Array): Uint8Array | undefined {
  const answer = core.overlay.find(key);
  if (typeof answer !== 'string') return answer;
  if (answer === 'deleted' || core.base === undefined) return undefined;
  return core.base.find(key) ? core.base.value(core.base.offset, core.base.length) : undefined;
}

/** True if the key is there; no value is read. */
export function isInCore(core: CoreState, key: Uint8Array): boolean {
  const answer = core.overlay.find(key);
  if (typeof answer !== 'string') return true;
  return answer === 'unknown' && (core.base?.find(key) ?? false);
}

/** Entries of one core in key order. */
export function cursorOfCore(core: CoreState): MergedCursor<StateFileCursor | EmptyCursor> {
  return new MergedCursor(core.base?.cursor() ?? new EmptyCursor(), core.overlay.cursor());
}

/**
 * The states of all cores between two checkpoints. Scans hold it while they run, so that a
 * checkpoint made meanwhile does not close the files under them.
 */
export class CoreStates {
  readonly all: readonly CoreState[];
  #holders = 1;

  constructor(all: readonly CoreState[]) {
    this.all = all;
  }

  of(key: Uint8Array): CoreState {
    return this.all[coreOfKey(key, this.all.length)]!;
  }

  /** Entries of all cores in key order. Release the states when done with it. */
  cursor(): EntryCursor {
    const cursors = this.all.map(cursorOfCore);
    return cursors.length === 1 ? cursors[0]! : new CoresCursor(cursors);
  }

  hold(): void {
    this.#holders++;
  }

  /** Closes the files when the last holder is gone. */
  release(): void {
    this.#holders--;
    if (this.#holders > 0) return;
    for (const core of this.all) core.base?.close();
  }
}
