const CURSOR_BYTES = 8;

/** A cursor's bytes: a revision, big-endian, as NATS counts. */
export function cursorBytes(cursor: bigint): Uint8Array {
  const bytes = new Uint8Array(CURSOR_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, cursor);
  return bytes;
}
