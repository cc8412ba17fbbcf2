import type { IdentifiedKind } from '../identify.js';

/** What could be told of one checkpoint. 64-bit numbers are decimal strings in all of these. */
export interface CheckpointStat {
  readonly epoch: string;
  /** Lines taken, by source. */
  readonly sources: Readonly<Record<string, string>>;
  readonly watermark: string | null;
  readonly keys?: number | undefined;
  /** Of its files; values that several checkpoints share are counted in each. */
  readonly bytes?: number | undefined;
  /** The part of its value bytes that no live value takes. */
  readonly fragmentation?: number | undefined;
  /** Why the rest could not be told. */
  readonly problem?: string | undefined;
}

/** What could be told of one segment. */
export interface SegmentStat {
  readonly segment: string;
  /** The epoch whose log it is part of, in a state directory. */
  readonly epoch?: string | undefined;
  readonly coreId: number;
  readonly bytes?: number | undefined;
  /** Good records. */
  readonly records?: number | undefined;
  /** Where the last good record ends, in bytes. */
  readonly position?: number | undefined;
  /** The sequence that comes next. */
  readonly nextSequence?: string | undefined;
  readonly problem?: string | undefined;
}

/** Who holds the lock, told without touching it. */
export interface LockStat {
  readonly held: 'yes' | 'no' | 'unknown';
  readonly pid?: number | undefined;
  readonly host?: string | undefined;
  readonly since?: string | undefined;
}

/** What a path holds, as far as it could be read: ready for JSON. What a kind does not have is absent. */
export interface StatReport {
  readonly path: string;
  readonly kind?: IdentifiedKind | undefined;
  readonly keys?: number | undefined;
  /** Of all its files. */
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
  /** Of an artifact: what its manifest says. */
  readonly artifact?: Readonly<Record<string, string | number | readonly string[]>> | undefined;
  /** What is worth knowing of it, whatever it holds. */
  readonly notices?: readonly string[] | undefined;
  /** BLAKE3 over the content. */
  readonly digest?: string | undefined;
  /** Why the rest could not be told. */
  readonly problem?: string | undefined;
}
