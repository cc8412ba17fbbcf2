import { fromUtf8, toBase64 } from '../../engine/bytes/text/text.js';

/** Deeper values are not decoded: no sender means them. */
const DEPTH_MAX = 256;
const TIMESTAMP_TYPE = -1;
const NANOSECONDS = 1_000_000_000n;

/** Thrown within, where bytes are not MessagePack. */
class NotMessagePack extends Error {}

/**
 * MessagePack as JSON text: of numbers every digit, of binary data base64, of extensions `{"ext":TYPE,"base64":…}`, of
 * timestamps `{"seconds","nanoseconds"}`.
 * @returns undefined for bytes that are not one value of MessagePack, and nothing behind it
 */
export function messagePackJson(bytes: Uint8Array): string | undefined {
  try {
    const reader = new Reader(bytes);
    const text = reader.value(0);
    return reader.isAtEnd ? text : undefined;
  } catch (error) {
    if (error instanceof NotMessagePack || error instanceof RangeError) return undefined;
    throw error;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): string {
    if (depth > DEPTH_MAX) throw new NotMessagePack();
    const type = this.#unsigned(1);
    if (type < 0x80) return String(type);
    if (type < 0x90) return this.#map(type & 0x0f, depth);
    if (type < 0xa0) return this.#list(type & 0x0f, depth);
    if (type < 0xc0) return this.#text(type & 0x1f);
    if (type >= 0xe0) return String(type - 0x100);
    return this.#typed(type, depth);
  }

  #typed(type: number, depth: number): string {
    if (type === 0xc0) return 'null';
    if (type === 0xc2 || type === 0xc3) return String(type === 0xc3);
    if (type >= 0xc4 && type <= 0xc6)
      return JSON.stringify(toBase64(this.#take(this.#unsigned(2 ** (type - 0xc4)))));
    if (type >= 0xc7 && type <= 0xc9) return this.#extension(this.#unsigned(2 ** (type - 0xc7)));
    if (type === 0xca) return numberText(this.#number(4, (at) => this.#view.getFloat32(at)));
    if (type === 0xcb) return numberText(this.#number(8, (at) => this.#view.getFloat64(at)));
    if (type >= 0xcc && type <= 0xce) return String(this.#unsigned(2 ** (type - 0xcc)));
    if (type === 0xcf) return String(this.#number(8, (at) => this.#view.getBigUint64(at)));
    if (type === 0xd0) return String(this.#number(1, (at) => this.#view.getInt8(at)));
    if (type === 0xd1) return String(this.#number(2, (at) => this.#view.getInt16(at)));
    if (type === 0xd2) return String(this.#number(4, (at) => this.#view.getInt32(at)));
    if (type === 0xd3) return String(this.#number(8, (at) => this.#view.getBigInt64(at)));
    if (type >= 0xd4 && type <= 0xd8) return this.#extension(2 ** (type - 0xd4));
    if (type >= 0xd9 && type <= 0xdb) return this.#text(this.#unsigned(2 ** (type - 0xd9)));
    if (type === 0xdc || type === 0xdd) return this.#list(this.#unsigned(type === 0xdc ? 2 : 4), depth);
    if (type === 0xde || type === 0xdf) return this.#map(this.#unsigned(type === 0xde ? 2 : 4), depth);
    throw new NotMessagePack();
  }

  #list(count: number, depth: number): string {
    const items: string[] = [];
    for (let index = 0; index < count; index++) items.push(this.value(depth + 1));
    return `[${items.join(',')}]`;
  }

  /** Keys that are no text stand as the text of their JSON. */
  #map(count: number, depth: number): string {
    const fields: string[] = [];
    for (let index = 0; index < count; index++) {
      const key = this.value(depth + 1);
      fields.push(`${key.startsWith('"') ? key : JSON.stringify(key)}:${this.value(depth + 1)}`);
    }
    return `{${fields.join(',')}}`;
  }

  #text(length: number): string {
    const text = fromUtf8(this.#take(length));
    if (text === undefined) throw new NotMessagePack();
    return JSON.stringify(text);
  }

  #extension(length: number): string {
    const type = this.#number(1, (at) => this.#view.getInt8(at));
    const data = this.#take(length);
    return (type === TIMESTAMP_TYPE && timestampText(data)) || `{"ext":${type},"base64":"${toBase64(data)}"}`;
  }

  #unsigned(length: number): number {
    return this.#number(length, (at) => {
      if (length === 1) return this.#view.getUint8(at);
      return length === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
    });
  }

  /** @throws RangeError behind the end */
  #number<T>(length: number, read: (at: number) => T): T {
    const value = read(this.#at);
    this.#at += length;
    return value;
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new NotMessagePack();
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}

/** JSON has no number for these. */
function numberText(number: number): string {
  return Number.isFinite(number) ? JSON.stringify(number) : `"${number}"`;
}

/** Reads 4, 8 or 12 bytes; returns the empty text for any other length. */
function timestampText(data: Uint8Array): string {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  let seconds: bigint;
  let nanoseconds = 0n;
  if (data.length === 4) seconds = BigInt(view.getUint32(0));
  else if (data.length === 8) {
    const both = view.getBigUint64(0);
    nanoseconds = both >> 34n;
    seconds = both & 0x3_ffff_ffffn;
  } else if (data.length === 12) {
    nanoseconds = BigInt(view.getUint32(0));
    seconds = view.getBigInt64(4);
  } else return '';
  return nanoseconds < NANOSECONDS ? `{"seconds":${seconds},"nanoseconds":${nanoseconds}}` : '';
}
