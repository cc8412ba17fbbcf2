import { type CoreStates, coreOfKey, isInCore } from '../state/core-state.js';
import type { GroupChange, GroupCommit } from '../group-change.js';
import { checkChangeFits, NOTHING_ADDED } from '../manifest/limits.js';
import { groupMark } from '../../wal/format/group-mark.js';
import type { WritableCore } from './writable-core.js';

/** The records that a group makes in one core, the commit counted. */
interface CoreGroup {
  readonly core: WritableCore;
  readonly changes: readonly GroupChange[];
  readonly commit: GroupCommit | undefined;
}

/**
 * The records of an atomic group: of each key its last change, and of those none that changes nothing.
 *
 * Invariant: nothing is written before all of it is known to fit.
 */
export class Group {
  readonly #cores: CoreGroup[] = [];

  /** @throws StatelogError `LIMIT_EXCEEDED` */
  constructor(
    states: CoreStates,
    cores: readonly WritableCore[],
    root: string,
    changes: Iterable<GroupChange>,
    commit: GroupCommit | undefined,
  ) {
    const last = new Map<string, GroupChange>();
    for (const change of changes) last.set(Buffer.from(change.key).toString('latin1'), change);
    for (const core of cores) {
      const state = states.all[core.coreId]!;
      let added = NOTHING_ADDED;
      const own: GroupChange[] = [];
      for (const change of last.values()) {
        const { key, value } = change;
        if (coreOfKey(key, cores.length) !== core.coreId) continue;
        if (value === undefined && !isInCore(state, key)) continue;
        added = checkChangeFits(state, key, value?.length ?? 0, root, added);
        own.push(change);
      }
      const ownCommit = core.coreId === 0 ? commit : undefined;
      if (own.length > 0 || ownCommit !== undefined)
        this.#cores.push({ core, changes: own, commit: ownCommit });
    }
  }

  /**
   * Appends it: where it is more than one record, behind a mark in each segment.
   * @param unsynced how far each core's segment must reach for the groups before this one that are in several, and not on disk
   * yet; takes in this one
   */
  append(unsynced: Map<number, bigint>): void {
    const isLone = this.#cores.length === 1 && recordsOf(this.#cores[0]!) === 1;
    // Earlier changes go first.
    for (const { core } of this.#cores) core.drain();
    const ends = new Map(
      this.#cores.map((one) => [one.core.coreId, one.core.segment.sequence + 1n + BigInt(recordsOf(one))]),
    );
    if (this.#cores.length > 1) for (const [coreId, end] of ends) unsynced.set(coreId, end);
    const mark = groupMark(this.#cores.length > 1 ? unsynced : ends);
    for (const { core, changes, commit } of this.#cores) {
      if (!isLone) core.segment.appendCommit(mark, undefined);
      for (const { key, value } of changes) {
        if (value === undefined) core.delete(key);
        else core.put(key, value);
      }
      core.drain();
      if (commit !== undefined) core.segment.appendCommit(commit.offsets, commit.watermark);
    }
  }
}

function recordsOf({ changes, commit }: CoreGroup): number {
  return changes.length + (commit === undefined ? 0 : 1);
}
