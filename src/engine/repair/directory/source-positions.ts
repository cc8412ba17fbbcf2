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
  readonly timestampNs: bigint;
  readonly offsets: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
}

/**
 * Up to where nothing of a source is missing: a Commit says that all it counts was on disk, so that of those behind the last
 * record before any gap none can be relied on.
 */
export class SourcePositions {
  readonly #newest: Readonly<Progress>;
  readonly #whole: Readonly<Progress>;
  readonly #commits: Commit[] = [];
  /** The time of the last record before the earliest gap; undefined where nothing is missing. */
  #missingAfterNs: bigint | undefined;
  readonly #wishes: SourceWishes;

  /**
   * @param newest what the newest checkpoint says
   * @param whole what the newest one says of which nothing is missing: the same, or an older one
   */
  constructor(newest: CheckpointWords | undefined, whole: CheckpointWords | undefined, wishes: SourceWishes) {
    this.#newest = progressOf(newest);
    this.#whole = progressOf(whole);
    this.#wishes = wishes;
    if (newest !== whole) this.isMissingAfter(BEFORE_ALL_NS);
  }

  /** Takes a good record of any core. */
  take(view: WalEntryView): void {
    if (view.tag !== TAG_COMMIT) return;
    const operation = view.operation();
    if (operation.op !== 'commit') return;
    const { offsets, watermark } = operation;
    this.#commits.push({ timestampNs: view.timestampNs, offsets, watermark });
  }

  /** Takes note that records may be missing behind the one of this time. */
  isMissingAfter(timestampNs: bigint): void {
    if (this.#missingAfterNs === undefined || timestampNs < this.#missingAfterNs)
      this.#missingAfterNs = timestampNs;
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
  correction(): Omit<Commit, 'timestampNs'> | undefined {
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
    const sorted = [...this.#commits].sort((a, b) => (a.timestampNs < b.timestampNs ? -1 : 1));
    for (const { timestampNs, offsets, watermark } of sorted) {
      if (isSafe && this.#missingAfterNs !== undefined && timestampNs > this.#missingAfterNs) break;
      applyOffsets(progress.sources, offsets);
      progress.watermark = watermark ?? progress.watermark;
    }
    return progress;
  }
}

function progressOf(words: CheckpointWords | undefined): Progress {
  return { sources: new Map(words?.sources), watermark: words?.watermark };
}
