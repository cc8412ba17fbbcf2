import { readI32, readI64, readU16, readU32, readU64 } from '../../bytes/halves.js';
import { controlCount, MAP, SLOT_BYTES } from '../../rkyv/commit-map/commit-map-format.js';
import {
  LAG_PRESENT,
  ROOT,
  ROOT_BYTES,
  TAG_CHECKPOINT,
  TAG_COMMIT,
  TAG_DELETE,
  TAG_EPOCH_BARRIER,
  TAG_PUT,
} from '../../rkyv/entry/wal-entry-format.js';
import { OPERATIONS } from '../replay/replay-filter.js';
import type { FieldPart } from './byte-field.js';

const VEC_BYTES = 8;
const MAP_BYTES = 12;
const POINTER_BYTES = 4;

/**
 * The parts of an archived entry (docs/formats/rkyv.md, "WAL entry"), told by its root; it may be damaged: what
 * speaks against itself is wrong, and what the root's pointers do not tell is called `content`.
 * @param root the 64 bytes at the end
 * @param contentBytes how many lie before it
 */
export function entryParts(root: Uint8Array, contentBytes: number): FieldPart[] {
  const tag = root[ROOT.tag]!;
  const content = contentParts(root, contentBytes);
  return [
    ...(content ?? [{ name: 'content', bytes: contentBytes, holdsValue: true }]),
    ...headParts(root),
    {
      name: 'tag',
      bytes: 1,
      isWrong: tag > TAG_EPOCH_BARRIER,
      text: OPERATIONS[tag] ?? `${tag}: no operation`,
    },
    ...operationParts(root, tag, content !== undefined),
  ];
}

function headParts(root: Uint8Array): FieldPart[] {
  const mark = readU16(root, ROOT.lagMark);
  const lag = readU32(root, ROOT.lag);
  const hasLag = mark === LAG_PRESENT;
  return [
    { name: 'epoch', bytes: 8, text: String(readU64(root, ROOT.epoch)) },
    { name: 'sequence', bytes: 8, text: String(readU64(root, ROOT.sequence)) },
    { name: 'coreId', bytes: 2, text: String(readU16(root, ROOT.coreId)) },
    { name: 'lagMark', bytes: 2, isWrong: mark > LAG_PRESENT, text: String(mark) },
    { name: 'lag', bytes: 4, isWrong: !hasLag && lag !== 0, text: hasLag ? String(lag) : '' },
    { name: 'timestampNs', bytes: 8, text: String(readI64(root, ROOT.timestampNs)) },
  ];
}

/** The parts of the root behind the tag. */
function operationParts(root: Uint8Array, tag: number, isContentTold: boolean): FieldPart[] {
  const after = (from: number): FieldPart => unused(root, from, ROOT_BYTES);
  const vec = (name: string, at: number): FieldPart[] => [
    {
      name: `${name}Pointer`,
      bytes: POINTER_BYTES,
      isWrong: !isContentTold,
      text: String(readI32(root, at)),
    },
    {
      name: `${name}Length`,
      bytes: VEC_BYTES - POINTER_BYTES,
      isWrong: !isContentTold,
      text: String(readU32(root, at + POINTER_BYTES)),
    },
  ];
  const number = (name: string): FieldPart[] => [
    unused(root, ROOT.tag + 1, ROOT.number),
    { name, bytes: 8, text: String(readU64(root, ROOT.number)) },
    after(ROOT.number + 8),
  ];
  switch (tag) {
    case TAG_PUT:
      return [
        unused(root, ROOT.tag + 1, ROOT.key),
        ...vec('key', ROOT.key),
        ...vec('value', ROOT.value),
        after(ROOT.value + VEC_BYTES),
      ];
    case TAG_DELETE:
      return [unused(root, ROOT.tag + 1, ROOT.key), ...vec('key', ROOT.key), after(ROOT.key + VEC_BYTES)];
    case TAG_CHECKPOINT:
      return number('id');
    case TAG_EPOCH_BARRIER:
      return number('barrierEpoch');
    case TAG_COMMIT:
      return commitParts(root, isContentTold);
    default:
      return [{ name: 'fields', bytes: ROOT_BYTES - ROOT.tag - 1 }];
  }
}

function commitParts(root: Uint8Array, isContentTold: boolean): FieldPart[] {
  const map = ROOT.commitMap;
  const mark = root[ROOT.watermarkMark]!;
  const part = (name: string, at: number, text: number): FieldPart => ({
    name,
    bytes: at === MAP.capacity ? MAP_BYTES - MAP.capacity : MAP.capacity - MAP.length,
    isWrong: !isContentTold,
    text: String(text),
  });
  return [
    unused(root, ROOT.tag + 1, map),
    part('mapPointer', MAP.pointer, readI32(root, map + MAP.pointer)),
    part('mapLength', MAP.length, readU32(root, map + MAP.length)),
    part('mapCapacity', MAP.capacity, readU32(root, map + MAP.capacity)),
    { name: 'watermarkMark', bytes: 1, isWrong: mark > 1, text: String(mark) },
    unused(root, ROOT.watermarkMark + 1, ROOT.watermark),
    { name: 'watermark', bytes: 8, text: mark === 1 ? String(readI64(root, ROOT.watermark)) : '' },
  ];
}

/** Padding: what is not zero there is wrong. */
function unused(root: Uint8Array, from: number, to: number): FieldPart {
  const isWrong = root.subarray(from, to).some((byte) => byte !== 0);
  return { name: 'unused', bytes: to - from, isWrong };
}

/** The parts before the root; undefined if the root's pointers lead out of the entry. */
function contentParts(root: Uint8Array, contentBytes: number): FieldPart[] | undefined {
  switch (root[ROOT.tag]!) {
    case TAG_PUT:
      return piecesOf(contentBytes, [
        vecPiece('key', root, ROOT.key, contentBytes),
        { ...vecPiece('value', root, ROOT.value, contentBytes), holdsValue: true },
      ]);
    case TAG_DELETE:
      return piecesOf(contentBytes, [vecPiece('key', root, ROOT.key, contentBytes)]);
    case TAG_COMMIT:
      return piecesOf(contentBytes, mapPieces(root, contentBytes));
    case TAG_CHECKPOINT:
    case TAG_EPOCH_BARRIER:
      return piecesOf(contentBytes, []);
    default:
      return undefined;
  }
}

interface Piece extends FieldPart {
  /** From the start of the entry. */
  readonly start: number;
}

function vecPiece(name: string, root: Uint8Array, field: number, contentBytes: number): Piece {
  const start = contentBytes + field + readI32(root, field);
  return { name, start, bytes: readU32(root, field + POINTER_BYTES) };
}

function mapPieces(root: Uint8Array, contentBytes: number): Piece[] {
  const capacity = readU32(root, ROOT.commitMap + MAP.capacity);
  if (capacity === 0) return [];
  const controls = contentBytes + ROOT.commitMap + readI32(root, ROOT.commitMap);
  const slots = controls - capacity * SLOT_BYTES;
  return [
    { name: 'names', start: 0, bytes: slots },
    { name: 'slots', start: slots, bytes: controls - slots },
    { name: 'controls', start: controls, bytes: controlCount(capacity) },
  ];
}

/** The pieces in the order of their places and the padding between them; undefined where they do not fit. */
function piecesOf(contentBytes: number, pieces: readonly Piece[]): FieldPart[] | undefined {
  const parts: FieldPart[] = [];
  let at = 0;
  for (const piece of pieces) {
    if (piece.start < at || piece.bytes < 0 || piece.start + piece.bytes > contentBytes) return undefined;
    parts.push({ name: 'padding', bytes: piece.start - at }, piece);
    at = piece.start + piece.bytes;
  }
  return [...parts, { name: 'padding', bytes: contentBytes - at }];
}
