import type { MendKind } from '../../bytes/record-mend.js';
import type { Finding, LostRecords } from '../../finding.js';
import type { IdentifiedKind } from '../../inspect/identify.js';
import type { LockStat } from '../../inspect/stat/stat-report.js';

/** A change that was lost and of which it is not known which key it was of: bytes of that may be wrong. */
export interface LostChange {
  /** The effect of the damaged record. */
  readonly op: 'put' | 'delete';
  /** The place of the damaged record in the source. */
  readonly file: string;
  readonly offset: number;
  /** The number, the time (nanoseconds since the Unix epoch) and the core of the damaged record, each where it is proven. */
  readonly sequence?: bigint | undefined;
  readonly timestampNs?: bigint | undefined;
  readonly coreId?: number | undefined;
}

/** A key whose last change was lost. Its name is proven, by its damaged record or by a checkpoint's index. */
export interface LostKey extends LostChange {
  readonly key: Uint8Array;
  /** True where an older value of the key was kept, and stands for the lost one. */
  readonly fallsBack: boolean;
  /** The older value that stands for the lost one, where it was at hand. */
  readonly older?: OlderValue | undefined;
}

/** A value that a lost one gave way to: its length in bytes, and its BLAKE3 in hex. */
export interface OlderValue {
  readonly bytes: number;
  readonly digest: string;
}

/** A damaged place that is kept as it was before the damage: only one change makes all of it fit. */
export interface Mended {
  /** A record's one change; or a file in which every line feed had become a carriage return and one. */
  readonly kind: MendKind | 'line-ends';
  readonly file: string;
  /** Position of the wrong bytes, of the first ones if there are more places. */
  readonly offset: number;
  /** The bytes as they stand, and as they are kept instead; either may be empty. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** Start of the record, and its length in the source in bytes; for a file, all of it. */
  readonly record: number;
  readonly bytes: number;
  /** How many places were put right. */
  readonly places: number;
}

/** How far a repair has come. */
export interface RepairProgress {
  readonly doneBytes: number;
  /** Bytes of all that is repaired. */
  readonly totalBytes: number;
}

/** Up to where nothing of a source is missing, where that is not where its last Commit says. */
export interface SourcePosition {
  readonly name: string;
  /** Lines of it that are certain. */
  readonly upTo: bigint;
  /** Lines of it that the last Commit counts. */
  readonly said: bigint;
  /** True where the new place keeps what the Commit says. */
  readonly isKept: boolean;
}

/** Something of the source that was missing or bad, and comes from a replica. */
export interface Filled {
  readonly kind: 'records' | 'pages' | 'manifest' | 'key';
  /** The place in the source: for records, where they are missing. */
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  /** How many records; 0 for anything else. */
  readonly records: number;
  /** Core, epoch and first sequence, of records of a write-ahead log. */
  readonly coreId?: number | undefined;
  readonly epoch?: bigint | undefined;
  readonly sequence?: bigint | undefined;
  /** The key that got its value back, where a key alone was filled. */
  readonly key?: Uint8Array | undefined;
  /** The place in the replica. */
  readonly from: string;
  readonly fromOffset: number;
}

/** Something that a replica has and could not prove: it was not taken. */
export interface NotTaken {
  /** Path in the replica. */
  readonly file: string;
  /** Path in the source. */
  readonly for: string;
  readonly reason: string;
}

/** How much comes from a replica. */
export interface FilledAmount {
  readonly places: number;
  readonly records: number;
  readonly bytes: number;
}

/** An event of a repair under way. */
export type RepairEvent =
  | { readonly finding: Finding }
  | { readonly filled: Filled }
  | { readonly notTaken: NotTaken }
  | { readonly mended: Mended }
  | { readonly lostKey: LostKey }
  | { readonly lostChange: LostChange }
  | { readonly source: SourcePosition }
  | { readonly progress: RepairProgress };

/** Records, bytes and keys, of what was kept or lost. */
export interface Amount {
  /** Records of logs. Of those lost: as many as their neighbours' numbers, or their own lengths, tell of. */
  readonly records: number;
  /** Bytes of good records, or of those that hold none; of state files, of values. */
  readonly bytes: number;
  /** Live keys of what was kept; of what was lost, those that are listed. */
  readonly keys: number;
}

/** All that was lost. */
export interface LostAmount extends Amount {
  /** True where `records` is how many; else it is at least so many. */
  readonly isExact: boolean;
  /** True where `keys` and `unnamed` tell of all changes that were lost; else there may be more. */
  readonly areKeysExact: boolean;
  /** Changes that are listed without the key that they were of. */
  readonly unnamed: number;
  /** Records of write-ahead logs, core by core: from the first that is lost to the last, however many are good between. */
  readonly byCore: readonly LostRecords[];
}

/** The result of a repair. */
export interface RepairSummary {
  readonly path: string;
  readonly kind: IdentifiedKind;
  /** The new place; null where the path itself was mended. */
  readonly into: string | null;
  /** A free name beside the path, to move it to when the new place takes its own; absent where the path itself was mended. */
  readonly aside?: string | undefined;
  readonly dryRun: boolean;
  readonly kept: Amount;
  readonly lost: LostAmount;
  /** Records, or whole files, that were put right and kept. */
  readonly mended: number;
  /** How much comes from a replica; absent where none was named. */
  readonly filled?: FilledAmount | undefined;
  /** Places where something was lost; and unfinished last writes. */
  readonly gaps: number;
  readonly torn: number;
  /** True where nothing that was there is missing: what was damaged or misplaced was made up for. */
  readonly isWhole: boolean;
  /** True where older values may stand for newer ones: the order of a log's changes was lost, and nothing proves it; else absent. */
  readonly mayBeOlder?: true | undefined;
  /** Names of segments of the new place that are empty, since those of their cores are missing; else absent. */
  readonly madeEmpty?: readonly string[] | undefined;
  /** True where there are so many keys that those kept were estimated, to some per mille. */
  readonly keysEstimated: boolean;
  /** The holder, or possible holder on another host, of the source's lock; absent if nobody holds it. */
  readonly writer?: LockStat | undefined;
  /** True for a state file whose index is not there; else absent. */
  readonly lacksIndex?: true | undefined;
  /** Copies of what was cut. */
  readonly copies: readonly string[];
}
