/** crc-32 has types for its main module only. This one is the same for Castagnoli's polynomial. */
declare module 'crc-32/crc32c.js' {
  const castagnoli: {
    /** The crc32c of bytes, as a signed number; `seed` is that of the bytes before. */
    buf(bytes: Uint8Array, seed?: number): number;
  };
  export = castagnoli;
}
