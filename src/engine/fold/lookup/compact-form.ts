import { copyBytes } from '../../bytes/copy.js';
import type { FoldIndex } from './fold-index.js';
import { HEADER_BYTES } from '../format/format.js';
import { headerBytes } from '../format/header.js';
import { encodeCursor, cursorBytes } from '../format/record-encoder.js';
import type { FoldRecordSource } from './record-source.js';
import type { WatchCursor } from '../format/watch-cursor.js';

const CHUNK_BYTES_MAX = 1024 * 1024;

/**
 * The compact form of a fold, in chunks: the header, the live puts in ascending order of their
 * keys, and the cursor if there is one. The same fold always gives the same bytes, which are the
 * original's too. Each record is checked as it is copied. A chunk is valid until the next one
 * is asked for.
 * @throws StatelogError `DAMAGED` where a record is not what it was when the log was opened
 */
export function* compactForm(
  index: FoldIndex,
  source: FoldRecordSource,
  cursor: WatchCursor,
): Generator<Uint8Array, void> {
  const chunkBytes = Math.min(CHUNK_BYTES_MAX, compactBytes(index, cursor));
  const chunk = new Uint8Array(chunkBytes);
  chunk.set(headerBytes());
  let filled = HEADER_BYTES;
  const walk = index.cursor();
  for (let slot = walk.first(); slot >= 0; slot = walk.next()) {
    index.load(slot);
    const { bytes, start, length } = source.read(index.offset, index.length);
    if (filled + length > chunkBytes) {
      yield chunk.subarray(0, filled);
      filled = 0;
    }
    if (length > chunkBytes) {
      yield bytes.subarray(start, start + length);
      continue;
    }
    copyBytes(bytes, start, length, chunk, filled);
    filled += length;
  }
  if (!cursor.isNone) {
    if (filled + cursorBytes(cursor) > chunkBytes) {
      yield chunk.subarray(0, filled);
      filled = 0;
    }
    filled += encodeCursor(chunk, filled, cursor);
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

/** The length of the compact form. */
export function compactBytes(index: FoldIndex, cursor: WatchCursor): number {
  return HEADER_BYTES + index.liveBytes + (cursor.isNone ? 0 : cursorBytes(cursor));
}

/** Moves an index's entries to where `compactForm` put their records. */
export function moveToCompactForm(index: FoldIndex): void {
  let offset = HEADER_BYTES;
  const walk = index.cursor();
  for (let slot = walk.first(); slot >= 0; slot = walk.next()) {
    index.load(slot);
    index.move(slot, offset, index.length);
    offset += index.length;
  }
}
