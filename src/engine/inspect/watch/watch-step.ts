import type { Finding } from '../../finding.js';

/** A change of a key. Its bytes are free to keep. */
export interface KeyChanged {
  readonly op: 'put' | 'delete';
  readonly key: Uint8Array;
  /** Undefined for a delete. */
  readonly value: Uint8Array | undefined;
  /** The raw bytes of its version, in fold logs. */
  readonly version?: Uint8Array | undefined;
  /** The place of its record, in state directories; none for what a checkpoint held. */
  readonly record?: {
    readonly coreId: number;
    readonly epoch: bigint;
    readonly sequence: bigint;
    readonly timestampNs: bigint;
  };
}

/** Anything that a watcher is told. */
export type WatchEvent =
  | KeyChanged
  /** The resume cursor of a fold log moved, behind all that came before. */
  | { readonly op: 'cursor'; readonly cursor: Uint8Array }
  /** Another store is in the place of a state directory: all keys of the one before are gone, and its own follow. */
  | { readonly op: 'replaced' };

/**
 * One step of watching. `waiting`: all there is was told, go on once files have changed. `gone`: what was watched is not there
 * any more.
 */
export type WatchStep =
  | { readonly type: 'event'; readonly event: WatchEvent }
  | { readonly type: 'finding'; readonly finding: Finding }
  | { readonly type: 'waiting' }
  | { readonly type: 'gone' };

/** Supplies the changes of one store as it is found. */
export interface WatchedStore {
  /** The folders to watch for changes of files; they may change themselves. */
  readonly folders: readonly string[];
  /** @throws StatelogError what opening and reading files throws */
  next(): WatchStep;
  /** Opens what is new, to be called whenever files appear or are replaced: what is open can be read though it is removed. */
  hold(): void;
  close(): void;
}

/** The step that says that there is nothing more for now. */
export const WAITING: WatchStep = { type: 'waiting' };
/** The step that says that the store is not there any more. */
export const GONE: WatchStep = { type: 'gone' };

/** The step that tells of an event. */
export function told(event: WatchEvent): WatchStep {
  return { type: 'event', event };
}
