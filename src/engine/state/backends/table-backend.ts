import type { StatelogError } from '../../errors.js';
import type { PlaceTable } from './place-table.js';

/** The common part of the backends that keep all keys, each with its value's place, in memory. */
export abstract class TableBackend {
  foundOffset = 0;
  foundLength = 0;
  protected readonly table: PlaceTable;
  /** The error that every call gets after a failure, or after `close`. */
  protected refusal: StatelogError | undefined;

  constructor(table: PlaceTable) {
    this.table = table;
  }

  get length(): number {
    return this.table.count;
  }

  get sizeBytes(): number {
    return this.table.keyBytes + this.table.liveBytes;
  }

  contains(key: Uint8Array): boolean {
    if (this.refusal !== undefined) throw this.refusal;
    return this.table.find(key) >= 0;
  }

  findAt(buffer: Uint8Array, keyStart: number, keyLength: number): boolean {
    if (this.refusal !== undefined) throw this.refusal;
    const slot = this.table.keys.findAt(buffer, keyStart, keyLength);
    if (slot < 0) return false;
    this.foundOffset = this.table.offsetOf(slot);
    this.foundLength = this.table.lengthOf(slot);
    return true;
  }
}
