import type { EntryCursor } from '../../entry-cursor.js';

/** Stands on nothing, ever: what a store without a checkpoint has under its overlay. */
export class EmptyCursor implements EntryCursor {
  first(): boolean {
    return false;
  }

  last(): boolean {
    return false;
  }

  seek(): boolean {
    return false;
  }

  seekBefore(): boolean {
    return false;
  }

  next(): boolean {
    return false;
  }

  previous(): boolean {
    return false;
  }

  get key(): Uint8Array {
    throw new RangeError('the cursor does not stand on an entry');
  }

  get offset(): number {
    throw new RangeError('the cursor does not stand on an entry');
  }

  get length(): number {
    throw new RangeError('the cursor does not stand on an entry');
  }

  value(): Uint8Array {
    throw new RangeError('the cursor does not stand on an entry');
  }
}
