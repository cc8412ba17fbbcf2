import { MANIFEST_BYTES_MAX } from '../../directory/manifest/manifest.js';
import { HEADER_BYTES } from '../../fold/format/format.js';
import { PAGE_BYTES, STATE_HEADER_BYTES } from '../../state/format/format.js';
import { hasStateMagic } from '../../state/format/state-header.js';
import { fieldsInRow, type ByteField } from './byte-field.js';
import type { FileBytes } from './file-bytes.js';
import { foldHeaderFields } from './fold-fields.js';
import { jsonFields } from './json-fields.js';
import { indexHeaderFields, stateHeaderFields } from './state-fields.js';

/** A part of a file that is no record of a log. */
export interface FileRegion {
  /** `header`, `values`, `index` or `text`. */
  readonly name: string;
  readonly fields: readonly ByteField[];
}

/** Bytes of a field that is shown whole. */
const SHOWN_BYTES = 256;
/** An index starts as its state file does, so here the name has to tell. */
const INDEX_EXTENSION = /\.idx(\.new)?$/;
const OPEN_BRACE = 0x7b;

/** The regions of a file that is no log, from byte to byte; undefined where nothing is known of its format. */
export function regionsOf(
  path: string,
  bytes: FileBytes,
  from: number,
  to: number,
): Iterable<FileRegion> | undefined {
  const head = bytes.read(0, STATE_HEADER_BYTES);
  if (hasStateMagic(head)) return within(stateRegions(path, bytes, from, to), from, to);
  if (head[0] !== OPEN_BRACE || bytes.size > MANIFEST_BYTES_MAX) return undefined;
  const fields = jsonFields(bytes.read(0, bytes.size));
  return fields && within([{ name: 'text', fields }], from, to);
}

/** The header of a fold log, as far as it lies from byte to byte. */
export function foldHeaderRegion(bytes: FileBytes, from: number, to: number): Iterable<FileRegion> {
  if (bytes.size < HEADER_BYTES) return [];
  return within([{ name: 'header', fields: foldHeaderFields(bytes) }], from, to);
}

function* stateRegions(path: string, bytes: FileBytes, from: number, to: number): Generator<FileRegion> {
  const isIndex = INDEX_EXTENSION.test(path);
  const header = isIndex ? indexHeaderFields(bytes) : stateHeaderFields(bytes);
  yield { name: 'header', fields: header };
  const start = header.reduce((end, field) => Math.max(end, field.offset + field.bytes), 0);
  const name = isIndex ? 'index' : 'values';
  const first = start + Math.floor(Math.max(0, from - start) / PAGE_BYTES) * PAGE_BYTES;
  for (let at = first; at < Math.min(to, bytes.size); at += PAGE_BYTES)
    yield { name, fields: plainFields(name, at, Math.min(at + PAGE_BYTES, bytes.size)) };
}

/** Bytes that are not told apart, in fields short enough to be shown whole. */
function plainFields(name: string, from: number, to: number): ByteField[] {
  const count = Math.ceil((to - from) / SHOWN_BYTES);
  const holdsValue = name === 'values';
  const parts = Array.from({ length: count }, (_, index) => {
    const bytes = Math.min(SHOWN_BYTES, to - from - index * SHOWN_BYTES);
    return { name, bytes, holdsValue };
  });
  return fieldsInRow(from, parts);
}

/** Only the fields that lie, at least in part, from byte to byte. */
function* within(regions: Iterable<FileRegion>, from: number, to: number): Generator<FileRegion> {
  for (const { name, fields } of regions) {
    const wanted = fields.filter(({ offset, bytes }) => offset < to && offset + bytes > from);
    if (wanted.length > 0) yield { name, fields: wanted };
  }
}
