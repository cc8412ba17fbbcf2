import { viewOf, type ByteSource } from '../../bytes/byte-source.js';
import { readI32, readU32, readU64 } from '../../bytes/halves.js';
import {
  KEY_BYTES,
  KIND_INNER,
  MAP_ROOT,
  MAP_ROOT_BYTES,
  type MapLayout,
  MISSING,
  NODE,
  NODE_CHILDREN,
  NODE_ENTRIES,
  PLACE_BYTES,
  POINTER_BYTES,
} from '../../rkyv/ordered-map/ordered-map-format.js';
import { readMapEnd } from '../../rkyv/ordered-map/ordered-map-layout.js';
import type { IndexHead } from '../../state/format/index-head.js';
import { fieldsInRow, type ByteField, type FieldPart } from './byte-field.js';
import type { FileBytes } from './file-bytes.js';

/** Keys are shown with their node where they all take no more than this. */
const KEYS_MAX = 64 * 1024;

/** A node of a map as it lies in a file. */
interface ShownNode {
  readonly bytes: Uint8Array;
  /** From the start of the map. */
  readonly at: number;
  readonly isInner: boolean;
  readonly layout: MapLayout;
  /** Value bytes in use. */
  readonly writePos: number;
}

/**
 * The node of an index that a place in the file lies in, with its keys before it, or the reference to the root, told
 * apart by the layout that the index has; undefined where neither is there.
 */
export function indexNodeFields(bytes: FileBytes, head: IndexHead, offset: number): ByteField[] | undefined {
  const { start, length, writePos } = head;
  const source = new ShownSource(bytes, start, length);
  const { layout, isReferenceGood } = readMapEnd(source, 0, length);
  const place = offset - start;
  if (place >= length - MAP_ROOT_BYTES) return referenceFields(bytes, head, isReferenceGood);
  if (layout === undefined) return undefined;
  const at = nodeAround(source, place, layout);
  if (at === undefined) return undefined;
  const isInner = isInnerNode(source, layout);
  const nodeBytes = isInner ? layout.innerBytes : layout.leafBytes;
  const node = { bytes: bytes.read(start + at, nodeBytes), at, isInner, layout, writePos };
  if (node.bytes.length < nodeBytes) return undefined;
  const keys = keyParts(node);
  const keyBytes = keys.reduce((sum, part) => sum + part.bytes, 0);
  return fieldsInRow(start + at - keyBytes, [...keys, ...nodeParts(node)]);
}

/** A map in a file, whose windows are read one by one. */
class ShownSource implements ByteSource {
  bytes: Uint8Array = new Uint8Array(0);
  view = viewOf(this.bytes);
  readonly at = 0;
  windows = 0;
  readonly length: number;
  readonly #file: FileBytes;
  readonly #start: number;

  constructor(file: FileBytes, start: number, length: number) {
    this.#file = file;
    this.#start = start;
    this.length = length;
  }

  window(offset: number, length: number): void {
    this.windows += 1;
    this.bytes = new Uint8Array(length);
    this.bytes.set(this.#file.read(this.#start + offset, length));
    this.view = viewOf(this.bytes);
  }
}

function referenceFields(bytes: FileBytes, { start, length }: IndexHead, isGood: boolean): ByteField[] {
  const at = start + length - MAP_ROOT_BYTES;
  const reference = bytes.read(at, MAP_ROOT_BYTES);
  if (reference.length < MAP_ROOT_BYTES) return [];
  const pointer = readI32(reference, MAP_ROOT.pointer);
  return fieldsInRow(at, [
    { name: 'rootPointer', bytes: POINTER_BYTES, isWrong: !isGood, text: String(pointer) },
    { name: 'count', bytes: 4, text: String(readU32(reference, MAP_ROOT.count)) },
  ]);
}

/** Start of the node that holds a place, or that has a key's vec there; the source then shows its first bytes. */
function nodeAround(source: ByteSource, place: number, layout: MapLayout): number | undefined {
  const starts = [0, ...Array.from({ length: NODE_ENTRIES }, (_, slot) => NODE.keys + slot * KEY_BYTES)];
  return starts
    .map((field) => place - field)
    .find((at) => {
      const nodesEnd = source.length - MAP_ROOT_BYTES;
      if (at < 0 || at % layout.nodeAlignment !== 0 || at + layout.leafBytes > nodesEnd) return false;
      source.window(at, layout.leafBytes);
      const kind = readU32(source.bytes, source.at);
      const keysAt = NODE.keys + readI32(source.bytes, source.at + NODE.keys);
      return kind <= KIND_INNER || (keysAt <= 0 && at + keysAt >= 0);
    });
}

/** Tells what a node of a damaged kind was, by the value in the place of a leaf's count. */
function isInnerNode({ bytes, at }: ByteSource, layout: MapLayout): boolean {
  const kind = bytes[at]!;
  const count = readU32(bytes, at + layout.entryCount);
  return kind > KIND_INNER ? count === 0 || count > NODE_ENTRIES : kind === KIND_INNER;
}

function entriesOf({ bytes, isInner, layout }: ShownNode): number {
  return isInner ? NODE_ENTRIES : Math.min(NODE_ENTRIES, readU32(bytes, layout.entryCount));
}

/** The bytes of the keys, and the padding behind them; nothing where they do not lie right before their node. */
function keyParts(node: ShownNode): FieldPart[] {
  const lengths: number[] = [];
  let keyEnd = NODE.keys + readI32(node.bytes, NODE.keys);
  for (let slot = 0; slot < entriesOf(node); slot++) {
    const field = NODE.keys + slot * KEY_BYTES;
    if (field + readI32(node.bytes, field) !== keyEnd) return [];
    lengths.push(readU32(node.bytes, field + POINTER_BYTES));
    keyEnd += lengths[slot]!;
  }
  const bytes = lengths.reduce((sum, one) => sum + one, 0);
  const isNear = keyEnd <= 0 && -keyEnd < node.layout.nodeAlignment;
  if (!isNear || bytes > Math.min(KEYS_MAX, node.at + keyEnd)) return [];
  return [...lengths.map((length) => ({ name: 'key', bytes: length })), { name: 'padding', bytes: -keyEnd }];
}

function nodeParts(node: ShownNode): FieldPart[] {
  const { bytes, isInner, layout } = node;
  const kind = bytes[NODE.kind]!;
  const entries = entriesOf(node);
  const slots = Array.from({ length: entries }, (_, slot) => slot);
  const keysEnd = NODE.keys + entries * KEY_BYTES;
  const valuesEnd = layout.values + entries * layout.valueBytes;
  return [
    { name: 'kind', bytes: 1, isWrong: kind > KIND_INNER, text: kindName(kind) },
    {
      name: 'unused',
      bytes: NODE.keys - 1,
      isWrong: bytes.subarray(1, NODE.keys).some((byte) => byte !== 0),
    },
    ...slots.flatMap((slot) => keyVecParts(node, NODE.keys + slot * KEY_BYTES)),
    { name: 'unused', bytes: layout.values - keysEnd },
    ...slots.flatMap((slot) => valueParts(node, layout.values + slot * layout.valueBytes)),
    { name: 'unused', bytes: layout.entryCount - valuesEnd },
    ...(isInner ? childParts(node) : countParts(node)),
  ];
}

function kindName(kind: number): string {
  if (kind > KIND_INNER) return `${kind}: no kind`;
  return kind === KIND_INNER ? 'inner' : 'leaf';
}

function keyVecParts({ bytes, at }: ShownNode, field: number): FieldPart[] {
  const pointer = readI32(bytes, field);
  const length = readU32(bytes, field + POINTER_BYTES);
  const isBefore = at + field + pointer >= 0 && field + pointer <= 0;
  return [
    { name: 'keyPointer', bytes: POINTER_BYTES, isWrong: !isBefore, text: String(pointer) },
    {
      name: 'keyLength',
      bytes: KEY_BYTES - POINTER_BYTES,
      isWrong: isBefore && field + pointer + length > 0,
      text: String(length),
    },
  ];
}

function valueParts({ bytes, layout, writePos }: ShownNode, field: number): FieldPart[] {
  const offset = readU32(bytes, field);
  const length = readU32(bytes, field + 4);
  const isOutside = offset + length > writePos;
  const place = [
    { name: 'valueOffset', bytes: 4, isWrong: isOutside, text: String(offset) },
    { name: 'valueLength', bytes: 4, isWrong: isOutside, text: String(length) },
  ];
  const versionBytes = layout.valueBytes - PLACE_BYTES;
  if (versionBytes === 0) return place;
  const version = readU64(bytes, field + PLACE_BYTES);
  return [...place, { name: 'valueVersion', bytes: versionBytes, text: String(version) }];
}

function countParts({ bytes, layout }: ShownNode): FieldPart[] {
  const count = readU32(bytes, layout.entryCount);
  const isWrong = count === 0 || count > NODE_ENTRIES;
  return [
    { name: 'entryCount', bytes: 4, isWrong, text: String(count) },
    { name: 'unused', bytes: layout.leafBytes - layout.entryCount - 4 },
  ];
}

function childParts({ bytes, at, layout }: ShownNode): FieldPart[] {
  return Array.from({ length: NODE_CHILDREN }, (_, slot) => {
    const field = layout.children + slot * POINTER_BYTES;
    const pointer = readI32(bytes, field);
    const isBefore = pointer === MISSING || (at + field + pointer >= 0 && field + pointer < 0);
    const text = pointer === MISSING ? 'none' : String(pointer);
    return { name: 'childPointer', bytes: POINTER_BYTES, isWrong: !isBefore, text };
  });
}
