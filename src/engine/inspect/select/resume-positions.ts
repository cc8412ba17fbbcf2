import type { Finding } from '../../finding.js';
import { applyOffsets, withoutMarks } from '../../directory/manifest/source-mark.js';
import { TAG_COMMIT } from '../../rkyv/entry/wal-entry-format.js';
import { groupOfOffsets } from '../../wal/format/group-mark.js';
import type { LyingRecord } from './noted-files.js';
import type { SegmentRecord } from './records-again.js';
import type { Selection } from './selection.js';

/** A place in a log that says how far sources were taken. */
export interface CommitPlace extends LyingRecord {
  readonly coreId: number;
  readonly epoch: bigint;
  readonly sequence: bigint;
  readonly timestampNs: bigint;
}

/** The position of a source from which it can go on. */
export interface ResumePosition {
  readonly name: string;
  /** Lines of it of which nothing is missing. */
  readonly upTo: bigint;
  /** The Commit that says so; `checkpoint`: the newest one; undefined where nothing does. */
  readonly saidBy: CommitPlace | 'checkpoint' | undefined;
  /** Lines of it that the last Commit counts. */
  readonly said: bigint;
  /** The first loss before that Commit; undefined where it can be relied on. */
  readonly loss: Finding | undefined;
}

/** The positions that Commits say so far. */
interface Progress {
  readonly sources: Map<string, bigint>;
  readonly saidBy: Map<string, CommitPlace | 'checkpoint'>;
}

/** A Commit, and where it lies. */
interface SeenCommit {
  readonly offsets: ReadonlyMap<string, bigint>;
  readonly place: CommitPlace;
}

/**
 * Finds up to where nothing of each source is missing, from records in merged order. A Commit says that all it counts was on disk,
 * of whatever core: none can be relied on that may have come behind a loss. Of the loss's own core those are all that lie behind it, of
 * others all that are not older than the last record before it: a group has one time, and which of two cores wrote first within it,
 * nothing says. What a checkpoint holds is not lost with the logs before it.
 */
export class ResumePositions implements Selection<SegmentRecord> {
  readonly isOver = false;
  readonly #base: Progress;
  /** The positions by all Commits that are older than the latest. */
  readonly #earlier: Progress;
  /** The latest Commits, all of one time. */
  #latest: SeenCommit[] = [];
  /** The Commits before every loss: those of one time, and all that are older; undefined while there was no loss. */
  #safe: { readonly earlier: Progress; latest: SeenCommit[] } | undefined;
  #loss: Finding | undefined;
  /** The time of the last record of each core that was seen. */
  readonly #lastNs = new Map<number, bigint>();
  readonly #isOfCheckpoint: (path: string) => boolean;

  /**
   * @param checkpoint what the newest checkpoint says of sources; empty for logs that lie by themselves, or before the first one
   * @param isOfCheckpoint whether the records of a file are in the checkpoint
   */
  constructor(checkpoint: ReadonlyMap<string, bigint>, isOfCheckpoint: (path: string) => boolean) {
    this.#base = {
      sources: new Map(checkpoint),
      saidBy: new Map([...checkpoint.keys()].map((name) => [name, 'checkpoint'])),
    };
    this.#earlier = copyOf(this.#base);
    this.#isOfCheckpoint = isOfCheckpoint;
  }

  see({ path, offset, recordBytes, view }: SegmentRecord): void {
    if (this.#isOfCheckpoint(path)) return;
    const { coreId, timestampNs } = view;
    this.#lastNs.set(coreId, timestampNs);
    if (view.tag !== TAG_COMMIT) return;
    const operation = view.operation();
    if (operation.op !== 'commit' || groupOfOffsets(operation.offsets) !== undefined) return;
    const { epoch, sequence } = view;
    const place = { path, offset, recordBytes, coreId, epoch, sequence, timestampNs };
    if (this.#latest[0]?.place.timestampNs !== timestampNs) {
      apply(this.#earlier, this.#latest);
      this.#latest = [];
    }
    this.#latest.push({ offsets: operation.offsets, place });
  }

  seeFinding(finding: Finding): boolean {
    if (finding.severity !== 'damage' || this.#isOfCheckpoint(finding.file)) return false;
    const { coreId } = finding;
    this.#loss ??= finding;
    const lastNs = coreId === undefined ? undefined : this.#lastNs.get(coreId);
    // A finding comes right behind the record before it, of which all Commits so far are no later.
    this.#safe ??= { earlier: copyOf(this.#earlier), latest: this.#latest };
    if (lastNs === undefined) this.#safe = { earlier: this.#base, latest: [] };
    else
      this.#safe.latest = this.#safe.latest.filter(
        ({ place }) => place.coreId === coreId || place.timestampNs < lastNs,
      );
    return false;
  }

  selected(): [] {
    return [];
  }

  /** The position of every source that a Commit, or the checkpoint, names, in the order of their names. */
  positions(): ResumePosition[] {
    const said = withCommits(this.#earlier, this.#latest);
    const safe = this.#safe === undefined ? said : withCommits(this.#safe.earlier, this.#safe.latest);
    return [...withoutMarks(said.sources)]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, lines]) => {
        const saidBy = safe.saidBy.get(name);
        const loss = saidBy === said.saidBy.get(name) ? undefined : this.#loss;
        return { name, upTo: safe.sources.get(name) ?? 0n, saidBy, said: lines, loss };
      });
  }
}

function withCommits(earlier: Progress, latest: readonly SeenCommit[]): Progress {
  const progress = copyOf(earlier);
  apply(progress, latest);
  return progress;
}

function apply({ sources, saidBy }: Progress, commits: readonly SeenCommit[]): void {
  for (const { offsets, place } of commits) {
    applyOffsets(sources, offsets);
    for (const name of offsets.keys()) saidBy.set(name, place);
  }
}

function copyOf({ sources, saidBy }: Progress): Progress {
  return { sources: new Map(sources), saidBy: new Map(saidBy) };
}
