import { checkBytes } from '../../bytes/byte-argument.js';
import { isWellFormed } from '../../bytes/text/text.js';
import { KEY_BYTES_MAX } from './format.js';
import { keyBytesMax, writeAscii, writeText } from './record-encoder.js';
import type { KeyLike } from './update.js';

const ROOM_BYTES = 1024;

/** One key at a time, as bytes and as a string, in a buffer that is used again. */
export class KeyText {
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;
  #key: KeyLike = '';
  #room = new Uint8Array(ROOM_BYTES);

  /** Takes a key; false for one that no log can hold. @throws TypeError */
  take(key: KeyLike): boolean {
    this.#key = key;
    if (typeof key !== 'string') {
      checkBytes(key, 'key');
      this.bytes = key;
      this.length = key.length;
      return key.length <= KEY_BYTES_MAX;
    }
    if (key.length > KEY_BYTES_MAX) return false;
    if (keyBytesMax(key) > this.#room.length) this.#room = new Uint8Array(keyBytesMax(key));
    this.bytes = this.#room;
    this.length = key.length;
    if (writeAscii(this.#room, 0, key)) return true;
    if (!isWellFormed(key)) return false;
    this.length = writeText(this.#room, 0, key);
    return true;
  }

  /** The key as a string, if it came as one. */
  get string(): string | undefined {
    return typeof this.#key === 'string' ? this.#key : undefined;
  }

  /** A copy of the key's bytes. */
  copy(): Uint8Array {
    // Not `slice`, which makes no copy where the caller's key is a Buffer.
    return new Uint8Array(this.bytes.subarray(0, this.length));
  }
}
