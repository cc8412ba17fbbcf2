/**
 * Random-access bytes that may lie in memory, in a mapping, or in a file read page by page,
 * and that may be checked when first touched. To read, call `window`, then read
 * `bytes[at … at + length)`, or the same through `view`. These fields stay valid until the next call
 * of `window` on the same source: copy what must live longer. Built so that a walk through a tree allocates nothing.
 */
export interface ByteSource {
  /** How many bytes there are. */
  readonly length: number;
  /** The buffer that holds the last window. */
  readonly bytes: Uint8Array;
  /** Over the same bytes: numbers are read through it at once, and not byte by byte. */
  readonly view: DataView;
  /** Start of the last window within `bytes`. */
  readonly at: number;
  /** How often `window` was called: while this stays, what it showed last is still there. */
  readonly windows: number;
  /**
   * Makes `length` bytes from `offset` readable.
   * @throws StatelogError `DAMAGED` where a page fails its checksum
   * @throws RangeError where the window passes the end: callers check bounds first
   */
  window(offset: number, length: number): void;
}

/** A `ByteSource` over bytes that are in memory already. */
export class MemorySource implements ByteSource {
  readonly length: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;
  windows = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.length = bytes.length;
  }

  window(offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.length) {
      throw new RangeError(
        `window ${String(offset)}+${String(length)} passes the end at ${String(this.length)}`,
      );
    }
    this.at = offset;
    this.windows++;
  }
}

/** A `DataView` over the same bytes. */
export function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
