import type { CheckpointEntry } from '../../directory/manifest/manifest.js';
import { applyOffsets, markName, withoutMarks } from '../../directory/manifest/source-mark.js';
import type { Progress } from '../../directory/read/replay.js';
import { TAG_COMMIT } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { SourcePosition } from '../account/report.js';

/** The user's decisions about sources. */
export interface SourceWishes {
  /** Leaves them where the last Commit has them, whatever is missing. */
  readonly keep?: boolean | undefined;
  /** Positions to set, by source. */
  readonly set?: ReadonlyMap<string, bigint> | undefined;
}

/** The part of a checkpoint's entry in the manifest that is about sources. */
type CheckpointWords = Pick<CheckpointEntry, 'sources' | 'watermark'>;

const BEFORE_ALL_NS = -(2n ** 63n);

interface Commit {
  readonly coreId: number;
  readonly timestampNs: bigint;
  readonly offsets: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
}

/** A place in a core's log behind which records may be missing. */
interface Gap {
  /** Undefined: of any core. */
  readonly coreId: number | undefined;
  /** The time of the last record before it. */
  readonly afterNs: bigint;
  /** How many Commits were taken before it. */
  readonly commits: number;
}

/**
 * Up to where nothing of a source is missing: a Commit says that all it counts was on disk, so that none can be relied on that may
 * have come behind a gap. Of the gap's own core those are all that lie behind it, of others all that are not older than the last record
 * before it: a group has one time, and which of two cores wrote first within it, nothing says.
 */
export class SourcePositions {
  readonly #newest: Readonly<Progress>;
  readonly #whole: Readonly<Progress>;
  readonly #commits: Commit[] = [];
  readonly #gaps: Gap[] = [];
  readonly #wishes: SourceWishes;

  /**
   * @param newest what the newest checkpoint says
   * @param whole what the newest one says of which nothing is missing: the same, or an older one
   */
  constructor(newest: CheckpointWords | undefined, whole: CheckpointWords | undefined, wishes: SourceWishes) {
    this.#newest = progressOf(newest);
    this.#whole = progressOf(whole);
    this.#wishes = wishes;
    if (newest !== whole) this.isMissingAfter(BEFORE_ALL_NS, undefined);
  }

  /** Takes a good record of any core. */
  take(view: WalEntryView): void {
    if (view.tag !== TAG_COMMIT) return;
    const operation = view.operation();
    if (operation.op !== 'commit') return;
    const { offsets, watermark } = operation;
    const { coreId, timestampNs } = view;
    this.#commits.push({ coreId, timestampNs, offsets, watermark });
  }

  /**
   * Takes note that records of a core may be missing behind the one of this time.
   * @param coreId undefined: of any core
   */
  isMissingAfter(afterNs: bigint, coreId: number | undefined): void {
    const gap = { coreId, afterNs, commits: this.#commits.length };
    const known = this.#gaps.find((one) => one.coreId === coreId);
    // Of a core only the first says anything.
    if (known === undefined) this.#gaps.push(gap);
  }

  /** The position of each source whose last Commit cannot be relied on. */
  told(): SourcePosition[] {
    const [said, safe] = [this.#progress(false), this.#progress(true)];
    return [...withoutMarks(said.sources)].flatMap(([name, position]) => {
      const upTo = safe.sources.get(name) ?? 0n;
      return upTo === position ? [] : [{ name, upTo, said: position, isKept: this.#wishes.keep === true }];
    });
  }

  /** The Commit to add behind all others; undefined if the last one is right. */
  correction(): Pick<Commit, 'offsets' | 'watermark'> | undefined {
    const { keep = false, set = new Map<string, bigint>() } = this.#wishes;
    const [said, safe] = [this.#progress(false), this.#progress(!keep)];
    const offsets = new Map<string, bigint>();
    for (const [name, position] of withoutMarks(said.sources)) {
      if (set.has(name) || safe.sources.get(name) === position) continue;
      offsets.set(name, safe.sources.get(name) ?? 0n);
      const mark = safe.sources.get(markName(name));
      if (mark !== undefined) offsets.set(markName(name), mark);
    }
    for (const [name, position] of set) offsets.set(name, position);
    const watermark = safe.watermark === said.watermark ? undefined : safe.watermark;
    return offsets.size === 0 && watermark === undefined ? undefined : { offsets, watermark };
  }

  #progress(isSafe: boolean): Progress {
    const base = isSafe ? this.#whole : this.#newest;
    const progress: Progress = { sources: new Map(base.sources), watermark: base.watermark };
    const reliedOn = isSafe
      ? this.#commits.filter((one, index) => this.#isBeforeGaps(one, index))
      : this.#commits;
    // Of one time they stay as they were taken: core by core, in the order of their sequences.
    const sorted = [...reliedOn].sort((a, b) => Number(a.timestampNs - b.timestampNs));
    for (const { offsets, watermark } of sorted) {
      applyOffsets(progress.sources, offsets);
      progress.watermark = watermark ?? progress.watermark;
    }
    return progress;
  }

  #isBeforeGaps({ coreId, timestampNs }: Commit, index: number): boolean {
    return this.#gaps.every((gap) =>
      gap.coreId === coreId ? index < gap.commits : timestampNs < gap.afterNs,
    );
  }
}

function progressOf(words: CheckpointWords | undefined): Progress {
  return { sources: new Map(words?.sources), watermark: words?.watermark };
}
