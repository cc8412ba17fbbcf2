/** Polynomials of 32-bit CRCs, reflected: the highest power is the lowest bit. */
export const CASTAGNOLI = 0x82f63b78;
export const IEEE = 0xedb88320;
