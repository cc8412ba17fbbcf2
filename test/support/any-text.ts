import fc from 'fast-check';

const SURROGATES_FROM = 0xd800;
const SURROGATES = 0x800;
const CODE_POINT_MAX = 0x10ffff;

const codePoint = fc
  .nat(CODE_POINT_MAX - SURROGATES)
  .map((index) => String.fromCodePoint(index < SURROGATES_FROM ? index : index + SURROGATES));
const ascii = fc.nat(0x7f).map((code) => String.fromCodePoint(code));

/**
 * Any character of Unicode, half of them ASCII: a unit of `fc.string`. Its own unit `binary` takes most of a second to make, in
 * each process.
 */
export const anyCharacter = fc.oneof(ascii, codePoint);
