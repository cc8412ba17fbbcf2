import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { CrcCombiner } from '../../../src/engine/bytes/crc/combine.js';
import { CASTAGNOLI } from '../../../src/engine/bytes/crc/polynomial.js';
import { writeU32 } from '../../../src/engine/bytes/halves.js';
import { encodeWalEntry } from '../../support/wal-entry-bytes.js';
import { ROOT, ROOT_BYTES } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { entryOf, joined, recordAround, recordOf } from './segment-builder.js';

/**
 * Segments made to be slow to read. Each is about `size` bytes, and most of it claims records that are
 * not there: a scanner that followed every claim would take time with the square of the size.
 */
export const HOSTILE_SEGMENTS: Readonly<Record<string, (size: number) => Uint8Array>> = {
  'a plausible length at every byte': plausibleEverywhere,
  'plausible lengths that differ from place to place': plausibleScattered,
  'roots of the right shape for as many headers': rootsForHeaders,
  'good records, each followed by a header that claims all the rest': claimsOfTheRest,
  'good records, each followed by a header that claims a megabyte or two': claimsOfMegabytes,
  'headers whose claims all end with a root that fits': rootsOfAllHeaders,
  'nested data with the right checksums that does not decode': nestedUndecodable,
  'records that jump, with a byte between': jumpsApart,
  'one commit root, and headers that all claim it': commitRootShared,
  zeros: (size) => joined(recordOf(entryOf({ lag: 0 })), new Uint8Array(size)),
};

function plausibleEverywhere(size: number): Uint8Array {
  const claim = Math.floor(size / 2 / 0x010101) & 0xf8;
  const bytes = new Uint8Array(size).fill(Math.max(8, claim));
  for (let at = 3; at < size; at += 4) bytes[at] = 0;
  return bytes;
}

function plausibleScattered(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let random = 1;
  for (let at = 0; at + 4 <= size; at += 4) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    writeU32(bytes, at, (random % Math.max(64, size - at)) & ~7);
  }
  return bytes;
}

/** A root of a Put whose data starts `content` bytes before it, with a sequence far on. */
function putRoot(content: number, sequence: bigint): Uint8Array {
  const entry = encodeWalEntry(entryOf({ sequence, lag: 0, operation: emptyPut }));
  const root = entry.slice(entry.length - ROOT_BYTES);
  writeU32(root, ROOT.key, -(content + ROOT.key));
  writeU32(root, ROOT.value, -(content + ROOT.value));
  writeU32(root, ROOT.value + 4, content);
  return root;
}

const emptyPut = { op: 'put', key: new Uint8Array(), value: new Uint8Array() } as const;

function rootsForHeaders(size: number): Uint8Array {
  const count = Math.floor(size / (8 + ROOT_BYTES));
  const bytes = new Uint8Array(count * (8 + ROOT_BYTES));
  for (let index = 0; index < count; index++) {
    const header = index * 8;
    const root = count * 8 + index * ROOT_BYTES;
    writeU32(bytes, header, root + ROOT_BYTES - header - 8);
    writeU32(bytes, header + 4, 0x1234_5678);
    bytes.set(putRoot(root - header - 8, BigInt(1_000_000 + index)), root);
  }
  return bytes;
}

function claimsOfTheRest(size: number): Uint8Array {
  const good = recordOf(entryOf({ sequence: 0n, lag: 0 }));
  const step = good.length + 8;
  const count = Math.floor(size / step);
  const bytes = new Uint8Array(count * step);
  for (let index = 0; index < count; index++) {
    bytes.set(recordOf(entryOf({ sequence: BigInt(index), lag: 0 })), index * step);
    const header = index * step + good.length;
    writeU32(bytes, header, (bytes.length - header - 8) & ~7);
  }
  return bytes;
}

/** Each claim ends far from where it stands, at a place where no record starts, as a rule. */
function claimsOfMegabytes(size: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let sequence = 0n; length < size; sequence += 1n) {
    const good = recordOf(entryOf({ sequence, lag: 0 }));
    const header = new Uint8Array(8);
    writeU32(header, 0, sequence % 2n === 0n ? 1_100_000 : 2_200_000);
    pieces.push(good, header);
    length += good.length + header.length;
  }
  return new Uint8Array(Buffer.concat(pieces));
}

/** A header and a root in turn: each header claims as much as the root says that stands so far behind it. */
function rootsOfAllHeaders(size: number): Uint8Array {
  const stepBytes = 8 + ROOT_BYTES;
  const length = 910 * stepBytes - 8;
  const bytes = new Uint8Array(Math.floor(size / stepBytes) * stepBytes);
  for (let at = 0; at < bytes.length; at += stepBytes) {
    writeU32(bytes, at, length);
    writeU32(bytes, at + 4, 0x1234_5678);
    bytes.set(putRoot(length - ROOT_BYTES, BigInt(at)), at + 8);
  }
  return bytes;
}

/** Each inner record is the data of the one round it; all have the right checksum, none is an entry. */
function nestedUndecodable(size: number): Uint8Array {
  const bytes = new Uint8Array(size & ~7).fill(0xee);
  const end = bytes.length;
  const combiner = CrcCombiner.of(CASTAGNOLI);
  /** The sum of all from `inner` on. */
  let sum = 0;
  let inner = end;
  for (let at = (end - 128) & ~7; at >= 0; at -= 4096) {
    const data = combiner.ofSuffix(sum, crc32c(bytes, at + 8, inner), end - inner);
    writeU32(bytes, at, end - at - 8);
    writeU32(bytes, at + 4, data);
    sum = combiner.ofSuffix(data, crc32c(bytes, at, at + 8), end - at - 8);
    inner = at;
  }
  return bytes;
}

function jumpsApart(size: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let sequence = 0n; length < size; sequence += 1000n) {
    const record = recordOf(entryOf({ sequence, operation: emptyPut, lag: 0 }));
    pieces.push(record, new Uint8Array(1));
    length += record.length + 1;
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function commitRootShared(size: number): Uint8Array {
  const offsets = new Map(Array.from({ length: 20 }, (_, index) => [`a-source-of-some-length-${index}`, 1n]));
  const commit = recordAround(
    encodeWalEntry(entryOf({ sequence: 9n, lag: 0, operation: { op: 'commit', offsets, watermark: 1n } })),
  );
  const bytes = new Uint8Array((size & ~7) + commit.length);
  const end = bytes.length;
  for (let at = 0; at < size - 8; at += 8) writeU32(bytes, at, end - at - 8);
  bytes.set(commit, size & ~7);
  // Its own record is bad too.
  bytes[(size & ~7) + 4]! ^= 1;
  return bytes;
}
