/** A key where it lies: `keyLength` bytes of `keyBytes`, from `keyStart` on. Who hands it out says for how long. */
export interface LocatedKey {
  readonly keyBytes: Uint8Array;
  readonly keyStart: number;
  readonly keyLength: number;
}
