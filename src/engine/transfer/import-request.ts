import type { PairShape } from '../state/write/pair-writer.js';
import type { CheckpointSummary } from '../directory/manifest/checkpoint-summary.js';
import type { FillDirectory } from '../directory/checkpoint/create-directory.js';
import type { StatelogError } from '../errors.js';
import type { Finding } from '../finding.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import type { EntriesInOrder } from './build-store.js';
import type { AllowedLosses } from './losses.js';

/** The source and the destination of an import. */
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

/** The result of an import. */
export interface ImportReport {
  readonly path: string;
  readonly kind: 'directory' | 'log';
  readonly epoch: string | null;
  /** The cursor in the form that `--cursor` takes (fold/format/position-text.ts). */
  readonly cursor: string | null;
  readonly keys: number;
  readonly digest: string;
  /** Remarks about the source that stopped nothing, such as a torn end. */
  readonly notices: readonly Finding[];
}

/** The facts about a content, whatever is made of it. */
export interface ReadContent {
  readonly digest: string;
  readonly keys: number;
  readonly hasVersions: boolean;
}

/** The facts that one pass over the content collects, before anything is made. */
export interface Survey extends ReadContent {
  readonly kind: 'directory' | 'log';
  /** The shape of each core's part, if a state directory is to be made. */
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
  /** Makes the source's files the new state directory's own, if they can be and it has as many cores. */
  readonly adopt?: FillDirectory | undefined;
  /** The facts already known about the content. */
  readonly read?: ReadContent | undefined;
  /** The counts made while the content came. */
  readonly survey?: Survey | undefined;
  /** Path of the content, if it already is the log that is to be made. */
  readonly log?: string | undefined;
  /** Remarks that stopped nothing, such as a torn end. */
  readonly notices: readonly Finding[];
  readonly close: () => void;
}
