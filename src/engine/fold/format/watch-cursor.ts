import { checkBytes, wrongType } from '../../bytes/byte-argument.js';
import { joinU64, readU32 } from '../../bytes/halves.js';
import { toHex } from '../../bytes/text/text.js';
import { MEMO_BYTES, MEMO_TIME_BYTES, TOKEN_BYTES_MAX } from './format.js';
import { VersionToken } from './version-token.js';

/** Positions of a memo's parts in a cursor's bytes, after the version padded with zeros. */
const LENGTH_AT = TOKEN_BYTES_MAX;
const FLAGS_AT = LENGTH_AT + 1;
const TIME_AT = MEMO_BYTES;
/** The bucket was seen to evict current values. */
const FLAG_EVICTING = 0b01;
/** The time of the cursor's message follows. */
const FLAG_TIME = 0b10;

/**
 * The position at which a reader of a watch goes on: a version token, or none for the start. A cursor that
 * Slipstream's `watch_applied` wrote (0.8.1 and later) may also hold a memo: that the bucket was once seen to
 * evict current values, and when the cursor's message was written. Its bytes are kept as they were read.
 * Immutable.
 */
export class WatchCursor {
  readonly version: VersionToken;
  readonly #bytes: Uint8Array | undefined;

  private constructor(version: VersionToken, bytes?: Uint8Array) {
    this.version = version;
    this.#bytes = bytes;
  }

  /** No cursor: the watch starts over. */
  static none(): WatchCursor {
    return new WatchCursor(VersionToken.unknown());
  }

  /**
   * The cursor of a revision.
   * @throws RangeError where it is not a u64
   */
  static fromU64(revision: bigint): WatchCursor {
    return new WatchCursor(VersionToken.fromU64(revision));
  }

  static fromVersion(version: VersionToken): WatchCursor {
    if (!(version instanceof VersionToken)) throw wrongType('version', 'a VersionToken', version);
    return new WatchCursor(version);
  }

  /**
   * A cursor of raw bytes, which are copied: 0 to 10 of a version, or 12 or 20 with a memo.
   * @throws RangeError where no release that is known writes such bytes
   */
  static fromBytes(bytes: Uint8Array): WatchCursor {
    checkBytes(bytes, 'bytes');
    return WatchCursor.read(bytes, 0, bytes.length);
  }

  /** Reads the cursor in `bytes` at `start`, for readers of records; throws as `fromBytes`. */
  static read(bytes: Uint8Array, start: number, length: number): WatchCursor {
    if (!isKnownCursor(bytes, start, length)) {
      throw new RangeError('a cursor has 0 to 10 bytes, or 12 or 20 with a memo whose flags are known');
    }
    if (length <= TOKEN_BYTES_MAX) return new WatchCursor(VersionToken.read(bytes, start, length));
    const version = VersionToken.read(bytes, start, bytes[start + LENGTH_AT]!);
    return new WatchCursor(version, bytes.slice(start, start + length));
  }

  /** True where there is neither a version nor a memo: a log that holds it holds no cursor. */
  get isNone(): boolean {
    return this.length === 0;
  }

  /** Its bytes: 0 to 10, 12 or 20. */
  get length(): number {
    return this.#bytes?.length ?? this.version.length;
  }

  /** True where the memo says that the bucket evicted current values, which nothing takes back. */
  get seenEvicting(): boolean {
    return this.#bytes !== undefined && (this.#bytes[FLAGS_AT]! & FLAG_EVICTING) !== 0;
  }

  /** When the cursor's message was written, in milliseconds since the Unix epoch, where the memo says so. */
  get writtenAtMs(): bigint | undefined {
    const bytes = this.#bytes;
    if (bytes === undefined || bytes.length === MEMO_BYTES) return undefined;
    return joinU64(readU32(bytes, TIME_AT), readU32(bytes, TIME_AT + 4));
  }

  /**
   * The cursor that takes this one's place in a log: `next`, and what this one remembers of its bucket if `next` does
   * not say so itself. Without it a later Slipstream would take the bucket's listing for complete, and delete
   * keys that had only aged out.
   */
  movedTo(next: WatchCursor): WatchCursor {
    return this.seenEvicting && !next.seenEvicting ? next.remembering(next.writtenAtMs) : next;
  }

  /**
   * The cursor at the same version which remembers that its bucket evicts current values, and when its message was written:
   * milliseconds since the Unix epoch, not 0; undefined where that is not known.
   */
  remembering(writtenAtMs?: bigint): WatchCursor {
    const bytes = new Uint8Array(writtenAtMs === undefined ? MEMO_BYTES : MEMO_BYTES + MEMO_TIME_BYTES);
    this.version.writeTo(bytes, 0);
    bytes[LENGTH_AT] = this.version.length;
    bytes[FLAGS_AT] = FLAG_EVICTING;
    if (writtenAtMs !== undefined) {
      bytes[FLAGS_AT] |= FLAG_TIME;
      new DataView(bytes.buffer).setBigUint64(TIME_AT, writtenAtMs, true);
    }
    return WatchCursor.fromBytes(bytes);
  }

  /** The revision; undefined unless the version has 8 bytes. */
  asU64(): bigint | undefined {
    return this.version.asU64();
  }

  /** The raw bytes: 0 to 10 of a version, or 12 or 20 with a memo. */
  toBytes(): Uint8Array {
    return this.#bytes?.slice() ?? this.version.toBytes();
  }

  /** Writes the raw bytes to `into` at `at`, for writers of records. */
  writeTo(into: Uint8Array, at: number): void {
    if (this.#bytes === undefined) this.version.writeTo(into, at);
    else into.set(this.#bytes, at);
  }

  /** Lower-case hex of the raw bytes; empty for none. */
  toHex(): string {
    return toHex(this.toBytes());
  }

  equals(other: WatchCursor): boolean {
    return this.toHex() === other.toHex();
  }
}

/** True where the bytes at `start` are a cursor that a known release of Slipstream writes. */
export function isKnownCursor(bytes: Uint8Array, start: number, length: number): boolean {
  if (length <= TOKEN_BYTES_MAX) return true;
  if (length !== MEMO_BYTES && length !== MEMO_BYTES + MEMO_TIME_BYTES) return false;
  const flags = bytes[start + FLAGS_AT]!;
  if (bytes[start + LENGTH_AT]! > TOKEN_BYTES_MAX || (flags & ~(FLAG_EVICTING | FLAG_TIME)) !== 0)
    return false;
  const hasTime = (flags & FLAG_TIME) !== 0;
  if (hasTime !== length > MEMO_BYTES) return false;
  return !hasTime || bytes.subarray(start + TIME_AT, start + length).some((byte) => byte !== 0);
}

/** @throws TypeError for anything but a cursor */
export function checkCursor(cursor: unknown): void {
  if (!(cursor instanceof WatchCursor)) throw wrongType('cursor', 'a WatchCursor', cursor);
}
