import type { IdentifiedKind } from '../identify.js';

/** The facts about one checkpoint. 64-bit numbers are decimal strings in all of these. */
export interface CheckpointStat {
  readonly epoch: string;
  /** Lines taken, by source. */
  readonly sources: Readonly<Record<string, string>>;
  readonly watermark: string | null;
  readonly keys?: number | undefined;
  /** Bytes of its files; values that several checkpoints share are counted in each. */
  readonly bytes?: number | undefined;
  /** The part of its value bytes that no live value takes. */
  readonly fragmentation?: number | undefined;
  /** Why the rest could not be told. */
  readonly problem?: string | undefined;
}

/** The facts about one segment. */
export interface SegmentStat {
  readonly segment: string;
  /** The epoch whose log it is part of, in a state directory. */
  readonly epoch?: string | undefined;
  readonly coreId: number;
  readonly bytes?: number | undefined;
  /** Good records. */
  readonly records?: number | undefined;
  /** End of the last good record, in bytes. */
  readonly position?: number | undefined;
  /** The sequence that comes next. */
  readonly nextSequence?: string | undefined;
  readonly problem?: string | undefined;
}

/** The holder of the lock, told without touching it. */
export interface LockStat {
  readonly held: 'yes' | 'no' | 'unknown';
  readonly pid?: number | undefined;
  readonly host?: string | undefined;
  readonly since?: string | undefined;
}

/** The content of a path, as far as it could be read: ready for JSON. What a kind does not have is absent. */
export interface StatReport {
  readonly path: string;
  readonly kind?: IdentifiedKind | undefined;
  readonly keys?: number | undefined;
  /** Bytes of all its files. */
  readonly bytes?: number | undefined;
  /** The part of the bytes that compacting would give back: of value bytes, or of a fold log's. */
  readonly fragmentation?: number | undefined;
  readonly cores?: number | undefined;
  /** How many checkpoints stay. */
  readonly keep?: number | undefined;
  readonly epoch?: string | undefined;
  /** Lines taken of each source up to now, and the watermark. */
  readonly sources?: Readonly<Record<string, string>> | undefined;
  readonly watermark?: string | null | undefined;
  /** The resume cursor as `--cursor` takes it (position-text.ts); empty where there is none. */
  readonly cursor?: string | undefined;
  readonly checkpoints?: readonly CheckpointStat[] | undefined;
  readonly segments?: readonly SegmentStat[] | undefined;
  readonly lock?: LockStat | undefined;
  /** For an artifact: the content of its manifest. */
  readonly artifact?: Readonly<Record<string, string | number | readonly string[]>> | undefined;
  /** Remarks about the path, whatever it holds. */
  readonly notices?: readonly string[] | undefined;
  /** BLAKE3 over the content. */
  readonly digest?: string | undefined;
  /** Why the rest could not be told. */
  readonly problem?: string | undefined;
}
