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

/**
 * Finds up to where nothing of each source is missing, from records in merged order. A Commit says that all it counts was on disk,
 * of whatever core: of those behind the last record before a loss none can be relied on. What a checkpoint holds is not lost with
 * the logs before it.
 */
export class ResumePositions implements Selection<SegmentRecord> {
  readonly isOver = false;
  readonly #base: Progress;
  readonly #said: Progress;
  /** As it was before the first loss; undefined while there was none. */
  #safe: Progress | undefined;
  #loss: Finding | undefined;
  /** Cores of which a record was seen. */
  readonly #begun = new Set<number>();
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
    this.#said = copyOf(this.#base);
    this.#isOfCheckpoint = isOfCheckpoint;
  }

  see({ path, offset, recordBytes, view }: SegmentRecord): void {
    if (this.#isOfCheckpoint(path)) return;
    const { coreId, timestampNs } = view;
    this.#begun.add(coreId);
    if (view.tag !== TAG_COMMIT) return;
    const operation = view.operation();
    if (operation.op !== 'commit' || groupOfOffsets(operation.offsets) !== undefined) return;
    const { epoch, sequence } = view;
    const place = { path, offset, recordBytes, coreId, epoch, sequence, timestampNs };
    applyOffsets(this.#said.sources, operation.offsets);
    for (const name of operation.offsets.keys()) this.#said.saidBy.set(name, place);
  }

  seeFinding(finding: Finding): boolean {
    if (finding.severity !== 'damage' || this.#isOfCheckpoint(finding.file)) return false;
    const { coreId } = finding;
    this.#loss ??= finding;
    // A finding comes right behind the record before it, of which all Commits so far are no later.
    if (coreId === undefined || !this.#begun.has(coreId)) this.#safe = this.#base;
    else this.#safe ??= copyOf(this.#said);
    return false;
  }

  selected(): [] {
    return [];
  }

  /** The position of every source that a Commit, or the checkpoint, names, in the order of their names. */
  positions(): ResumePosition[] {
    const said = this.#said;
    const safe = this.#safe ?? said;
    return [...withoutMarks(said.sources)]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, lines]) => {
        const saidBy = safe.saidBy.get(name);
        const loss = saidBy === said.saidBy.get(name) ? undefined : this.#loss;
        return { name, upTo: safe.sources.get(name) ?? 0n, saidBy, said: lines, loss };
      });
  }
}

function copyOf({ sources, saidBy }: Progress): Progress {
  return { sources: new Map(sources), saidBy: new Map(saidBy) };
}
