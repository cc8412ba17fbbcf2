import type { PairShape } from '../state/write/pair-writer.js';
import type { CheckpointSummary } from '../directory/manifest/checkpoint-summary.js';
import type { FillDirectory } from '../directory/checkpoint/create-directory.js';
import type { StatelogError } from '../errors.js';
import type { Finding } from '../finding.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import type { EntriesInOrder } from './build-store.js';
import type { AllowedLosses } from './losses.js';

/** What is to be imported, and to where. */
export interface ImportRequest extends AllowedLosses {
  readonly fileSystem?: FileSystem | undefined;
  /** A path; for a stream its name in messages. */
  readonly source: string;
  /** The stream's bytes: a tar or NDJSON, told by its first byte. */
  readonly stream?: AsyncIterable<Uint8Array> | undefined;
  readonly destination: string;
  /** Default: the source's. */
  readonly kind?: 'directory' | 'log' | undefined;
  /** Default: the source's. */
  readonly cores?: number | undefined;
  /** The content's digest must be this. */
  readonly expect?: string | undefined;
  /** Lets a fold log hold values of 16 to 64 MiB. */
  readonly largeValues?: boolean | undefined;
  /** Verifies all and judges the destination, and makes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What was imported. */
export interface ImportReport {
  readonly path: string;
  readonly kind: 'directory' | 'log';
  readonly epoch: string | null;
  /** As `--cursor` takes it (fold/format/position-text.ts). */
  readonly cursor: string | null;
  readonly keys: number;
  readonly digest: string;
  /** What was noticed on the way and left as it is, such as a torn end of the source. */
  readonly notices: readonly Finding[];
}

/** What is to be known of a content, whatever is made of it. */
export interface ReadContent {
  readonly digest: string;
  readonly keys: number;
  readonly hasVersions: boolean;
}

/** What one way through the content tells of it, before anything is made. */
export interface Survey extends ReadContent {
  readonly kind: 'directory' | 'log';
  /** Of each core, where a state directory is to be made. */
  readonly shapes: readonly PairShape[];
  /** Why a fold log cannot hold an entry, where one is to be made and cannot. */
  readonly refusal: StatelogError | undefined;
}

/** A source that was verified: its content can be gone through again and again. */
export interface Verified {
  readonly kind: 'directory' | 'log';
  readonly forEachEntry: EntriesInOrder;
  readonly cursor?: Uint8Array | undefined;
  readonly summary?: CheckpointSummary | undefined;
  readonly cores?: number | undefined;
  /** Where the files can be the new state directory's own, if it has as many cores: makes them so. */
  readonly adopt?: FillDirectory | undefined;
  /** What is known of the content already. */
  readonly read?: ReadContent | undefined;
  /** What was counted as it came. */
  readonly survey?: Survey | undefined;
  /** Where it lies as the very log that is to be made. */
  readonly log?: string | undefined;
  /** What was noticed and left as it is, such as a torn end. */
  readonly notices: readonly Finding[];
  readonly close: () => void;
}
