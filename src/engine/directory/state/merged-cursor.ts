import { compareBytes } from '../../bytes/compare.js';
import type { EntryCursor } from '../../entry-cursor.js';

/** The overlay's cursor also stands on keys that were deleted since the checkpoint. */
export interface OverlayCursor extends EntryCursor {
  /** True where the key was deleted: what the checkpoint holds for it is not to be seen. */
  readonly deleted: boolean;
  /** Length of the value in bytes: 0 where the key was deleted. */
  readonly valueLength: number;
}

/**
 * A checkpoint's entries with the changes since laid over them, in key order.
 *
 * Invariant while it stands on an entry: each of the two cursors is either exhausted or at its
 * next key in the direction of travel, and the one (or both) at the current key are in `#at`.
 */
export class MergedCursor<Base extends EntryCursor = EntryCursor> implements EntryCursor {
  /** The checkpoint's cursor: stands on the current entry where `isChanged` is false. */
  readonly base: Base;
  readonly #overlay: OverlayCursor;
  #baseValid = false;
  #overlayValid = false;
  #atBase = false;
  #atOverlay = false;
  #forward = true;

  constructor(base: Base, overlay: OverlayCursor) {
    this.base = base;
    this.#overlay = overlay;
  }

  first(): boolean {
    return this.#start(true, this.base.first(), this.#overlay.first());
  }

  last(): boolean {
    return this.#start(false, this.base.last(), this.#overlay.last());
  }

  seek(key: Uint8Array): boolean {
    return this.#start(true, this.base.seek(key), this.#overlay.seek(key));
  }

  seekBefore(key: Uint8Array): boolean {
    return this.#start(false, this.base.seekBefore(key), this.#overlay.seekBefore(key));
  }

  next(): boolean {
    if (!this.#forward) this.#turnForward();
    this.#stepForward();
    return this.#settle();
  }

  previous(): boolean {
    if (this.#forward) return this.seekBefore(this.key.slice());
    this.#stepBackward();
    return this.#settle();
  }

  get key(): Uint8Array {
    return this.#atOverlay ? this.#overlay.key : this.base.key;
  }

  /** True where the entry was put since the checkpoint; false where it stands as the checkpoint has it. */
  get isChanged(): boolean {
    return this.#atOverlay;
  }

  value(): Uint8Array {
    return this.#atOverlay ? this.#overlay.value() : this.base.value();
  }

  #start(forward: boolean, baseValid: boolean, overlayValid: boolean): boolean {
    this.#forward = forward;
    this.#baseValid = baseValid;
    this.#overlayValid = overlayValid;
    return this.#settle();
  }

  /** Stands both cursors at the current key or after it, so that the next step goes on from there. */
  #turnForward(): void {
    const key = this.key.slice();
    this.#baseValid = this.base.seek(key);
    this.#overlayValid = this.#overlay.seek(key);
    this.#forward = true;
    this.#atBase = this.#baseValid && compareBytes(this.base.key, key) === 0;
    this.#atOverlay = this.#overlayValid && compareBytes(this.#overlay.key, key) === 0;
  }

  #stepForward(): void {
    if (this.#atBase) this.#baseValid = this.base.next();
    if (this.#atOverlay) this.#overlayValid = this.#overlay.next();
  }

  #stepBackward(): void {
    if (this.#atBase) this.#baseValid = this.base.previous();
    if (this.#atOverlay) this.#overlayValid = this.#overlay.previous();
  }

  /** Finds out who is at the next key, and passes by keys that were deleted. */
  #settle(): boolean {
    for (;;) {
      if (!this.#overlayValid) {
        this.#atOverlay = false;
        this.#atBase = this.#baseValid;
        return this.#baseValid;
      }
      const order = this.#baseValid ? compareBytes(this.#overlay.key, this.base.key) : this.#forward ? -1 : 1;
      this.#atOverlay = order === 0 || order < 0 === this.#forward;
      this.#atBase = this.#baseValid && (order === 0 || !this.#atOverlay);
      if (!this.#atOverlay || !this.#overlay.deleted) return true;
      if (this.#forward) this.#stepForward();
      else this.#stepBackward();
    }
  }
}
