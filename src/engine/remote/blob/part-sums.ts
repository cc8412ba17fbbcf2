import { createHash } from 'node:crypto';
import { crc32 } from '../../bytes/crc/checksum.js';
import { toBase64 } from '../../bytes/text/text.js';
import type { PartReceipt, PartSums } from './blob-store.js';

const CRC_BYTES = 4;

/** Sums a part. */
export function sumsOf(bytes: Uint8Array): PartSums {
  return { length: bytes.length, crc32: crc32(bytes), md5: createHash('md5').update(bytes).digest('hex') };
}

/** The four bytes of a CRC-32, in the order in which S3 sends them. */
export function crcBytes(crc: number): Uint8Array {
  const bytes = new Uint8Array(CRC_BYTES);
  new DataView(bytes.buffer).setUint32(0, crc);
  return bytes;
}

/** A CRC-32 as S3 writes it. */
export function crcText(crc: number): string {
  return toBase64(crcBytes(crc));
}

/** The sum that S3 keeps of a blob in parts: that of the parts' sums, and how many there are. */
export function compositeCrc(parts: readonly PartSums[]): string {
  const joined = Buffer.concat(parts.map((part) => crcBytes(part.crc32)));
  return `${crcText(crc32(joined))}-${parts.length}`;
}

/** The ETag that S3 gives to a blob in parts where it does not encrypt them with keys of its customer. */
export function compositeEtag(parts: readonly PartSums[]): string {
  const joined = Buffer.concat(parts.map(({ md5 }) => Buffer.from(md5, 'hex')));
  return `${createHash('md5').update(joined).digest('hex')}-${parts.length}`;
}

/** True if what a store has of a part is that part, by all sums that it keeps. One whose ETag is no MD5 keeps a CRC, or none. */
export function isSamePart({ etag, crc32: crc }: PartReceipt, sums: PartSums): boolean {
  if (crc !== undefined) return crc === crcText(sums.crc32);
  return etag === sums.md5;
}
