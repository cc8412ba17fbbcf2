import { WatchCursor } from '../../../fold/format/watch-cursor.js';
import { isListingTrue } from '../format/retention.js';
import type { BucketState } from '../source/change-source.js';
import type { Position } from './resume-check.js';

/**
 * Whether the fold ever saw its bucket drop a current value. It is written with every cursor from then on, and nothing takes it
 * back: what aged out stays missing from the bucket's list of keys, however its settings are changed.
 */
export class EvictionMemo {
  #seen: boolean;

  constructor(cursor: WatchCursor) {
    this.#seen = cursor.seenEvicting;
  }

  get seen(): boolean {
    return this.#seen;
  }

  /** Looks at the bucket. @returns true where this is the first time that it has dropped something */
  observe({ retention, firstRevision }: BucketState): boolean {
    if (this.#seen || isListingTrue(retention, firstRevision, false)) return false;
    this.#seen = true;
    return true;
  }

  /** Takes over what another fold saw. */
  learn(cursor: WatchCursor): void {
    this.#seen ||= cursor.seenEvicting;
  }

  /** The cursor of a position, as the fold writes it. */
  cursorOf({ revision, writtenAtMs }: Position): WatchCursor {
    const cursor = revision === undefined ? WatchCursor.none() : WatchCursor.fromU64(revision);
    if (!this.#seen) return cursor;
    return cursor.remembering(revision === undefined || writtenAtMs === 0 ? undefined : BigInt(writtenAtMs));
  }
}
