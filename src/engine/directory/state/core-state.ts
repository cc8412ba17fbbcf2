import { assert } from '../../assert.js';
import { crc32c } from '../../bytes/crc/checksum.js';
import type { EntryCursor } from '../../entry-cursor.js';
import type { StateFileCursor } from '../../state/read/state-file-cursor.js';
import type { StateFile } from '../../state/read/state-file.js';
import { CoresCursor } from './cores-cursor.js';
import { EmptyCursor } from './empty-cursor.js';
import { MergedCursor } from './merged-cursor.js';
import { Overlay, type OverlayAnswer } from './overlay.js';
import { closeEach } from '../../storage-io/whole/close-each.js';

/** One core's state: what the checkpoint holds, and every change since. */
export interface CoreState {
  readonly coreId: number;
  /** Undefined before the first checkpoint. */
  readonly base: StateFile | undefined;
  /** While a checkpoint is made beside the writer: the changes that it takes in, which lie between the two. */
  readonly frozen?: Overlay | undefined;
  readonly overlay: Overlay;
}

/** A checkpoint with one layer of changes over it: what the next one is made from. */
export type CheckpointState = Pick<CoreState, 'base' | 'overlay'>;

/** Which core a key belongs to. */
export function coreOfKey(key: Uint8Array, cores: number): number {
  return cores === 1 ? 0 : crc32c(key) % cores;
}

/** The value of a key in one core; a view that may be a mapping's. */
export function findInCore(core: CoreState, key: Uint8Array): Uint8Array | undefined {
  const answer = changeIn(core, key);
  if (typeof answer !== 'string') return answer;
  if (answer === 'deleted' || core.base === undefined) return undefined;
  return core.base.find(key) ? core.base.value(core.base.offset, core.base.length) : undefined;
}

/** True if the key is there; no value is read. */
export function isInCore(core: CoreState, key: Uint8Array): boolean {
  const answer = changeIn(core, key);
  if (typeof answer !== 'string') return true;
  return answer === 'unknown' && (core.base?.find(key) ?? false);
}

/** The newest change of a key since the checkpoint. */
function changeIn({ overlay, frozen }: CoreState, key: Uint8Array): OverlayAnswer {
  const answer = overlay.find(key);
  return answer === 'unknown' && frozen !== undefined ? frozen.find(key) : answer;
}

/** Entries of a checkpoint with one layer of changes over it, in key order. */
export function cursorOfCheckpoint(core: CheckpointState): MergedCursor<StateFileCursor | EmptyCursor> {
  return new MergedCursor(core.base?.cursor() ?? new EmptyCursor(), core.overlay.cursor());
}

/** Entries of one core in key order. */
function cursorOfCore({ base, frozen, overlay }: CoreState): EntryCursor {
  if (frozen === undefined) return cursorOfCheckpoint({ base, overlay });
  return new MergedCursor(cursorOfCheckpoint({ base, overlay: frozen }), overlay.cursor());
}

/**
 * The states of all cores between two checkpoints. Scans hold it while they run, so that a
 * checkpoint made meanwhile does not close the files under them.
 */
export class CoreStates {
  readonly all: readonly CoreState[];
  #holders = 1;
  /** The states whose files these stand on; undefined where the files are their own. */
  readonly #under: CoreStates | undefined;

  constructor(all: readonly CoreState[], under?: CoreStates) {
    this.all = all;
    this.#under = under;
  }

  /** The states for whoever goes on writing while a checkpoint is made from these: they hold these as long as they are held. */
  frozen(): CoreStates {
    this.hold();
    const all = this.all.map(({ coreId, base, overlay }): CoreState => {
      return { coreId, base, frozen: overlay, overlay: new Overlay() };
    });
    return new CoreStates(all, this);
  }

  /** The states below these, with all changes since laid into their own layer: no checkpoint was made of them. */
  thawed(): CoreStates {
    const under = this.#under;
    assert(under !== undefined, 'what is thawed was frozen');
    for (const { coreId, overlay } of this.all) under.all[coreId]!.overlay.absorb(overlay);
    return under;
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

  /** Closes the files, and lets go of the layers, when the last holder is gone. */
  release(): void {
    this.#holders--;
    if (this.#holders > 0) return;
    for (const { overlay } of this.all) overlay.release();
    if (this.#under !== undefined) this.#under.release();
    else closeEach(this.all.map(({ base }) => base));
  }
}
