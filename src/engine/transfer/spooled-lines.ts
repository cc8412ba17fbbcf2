import { join } from 'node:path';
import { compareBytes } from '../bytes/compare.js';
import { ContentDigest } from '../bytes/content-digest.js';
import { StatelogError } from '../errors.js';
import type { EntryVisitor, StoredEntry } from '../store/store.js';
import type { FileDescriptor, FileSystem } from '../storage-io/file-system.js';
import { writeFully } from '../storage-io/write-fully.js';
import { parseLine, type LinesEnd, type LinesHeader } from './entry-lines.js';

const LINE_FEED = 0x0a;
const CHUNK_BYTES = 1024 * 1024;
/** A value of 256 MiB, written in base64 or escaped, and its key. */
const LINE_BYTES_MAX = 1024 * 1024 * 1024;

/** An NDJSON export that was received whole: spooled to a file, so that it can be gone through again. */
export interface SpooledLines {
  readonly header: LinesHeader;
  readonly end: LinesEnd;
  /** Shows all entries in key order, each lent for a call. */
  forEachEntry(visit: EntryVisitor): void;
}

/**
 * Takes an NDJSON export into `folder`, and checks that it starts and ends as one, that keys ascend,
 * and that its digest is right.
 * @throws StatelogError `UNFINISHED_STREAM`, `INVALID_LINE`, `DIGEST_MISMATCH`
 */
export async function spoolLines(
  fileSystem: FileSystem,
  chunks: AsyncIterable<Uint8Array>,
  folder: string,
  origin: string,
): Promise<SpooledLines> {
  const path = join(folder, 'stream.ndjson');
  const descriptor = fileSystem.createExclusive(path);
  let size = 0;
  try {
    for await (const chunk of chunks) {
      writeFully(fileSystem, descriptor, chunk, 0, chunk.length, size);
      size += chunk.length;
    }
    return checkLines(fileSystem, path, descriptor, size, origin);
  } finally {
    fileSystem.close(descriptor);
  }
}

function checkLines(
  fileSystem: FileSystem,
  path: string,
  descriptor: FileDescriptor,
  size: number,
  origin: string,
): SpooledLines {
  const digest = new ContentDigest();
  let header: LinesHeader | undefined;
  let end: LinesEnd | undefined;
  let last: Uint8Array | undefined;
  let number = 0;
  let taken = 0;
  for (const line of linesOf(fileSystem, descriptor, size)) {
    number++;
    taken += line.length + 1;
    if (end !== undefined) throw invalid(origin, `line ${number} follows the end`);
    const parsed = parseLine(line, number);
    if ('header' in parsed) {
      if (number > 1) throw invalid(origin, `line ${number} starts another export`);
      header = parsed.header;
    } else if (header === undefined) throw invalid(origin, 'it does not start as an export does');
    else if ('end' in parsed) end = parsed.end;
    else {
      const { key, value } = parsed.entry;
      if (last !== undefined && compareBytes(last, key) >= 0)
        throw invalid(origin, `the key of line ${number} does not ascend`);
      last = key;
      digest.add(key, value);
    }
  }
  if (header === undefined || end === undefined) throw unfinished(origin);
  if (taken < size) throw invalid(origin, `${size - taken} bytes follow the end`);
  const found = digest.hex();
  if (end.keys !== digest.keys || end.digest !== found) throw mismatch(origin, end, digest.keys, found);
  return {
    header,
    end,
    forEachEntry: (visit) => {
      for (const { key, value, version } of entriesIn(fileSystem, path, size)) visit(key, value, version);
    },
  };
}

function* entriesIn(fileSystem: FileSystem, path: string, size: number): Generator<StoredEntry, void> {
  const descriptor = fileSystem.openRead(path);
  try {
    let number = 0;
    for (const line of linesOf(fileSystem, descriptor, size)) {
      const parsed = parseLine(line, ++number);
      if ('entry' in parsed) yield parsed.entry;
    }
  } finally {
    fileSystem.close(descriptor);
  }
}

/** Whole lines; a last one without its end is not one. */
function* linesOf(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  size: number,
): Generator<Uint8Array, void> {
  let held: Buffer = Buffer.alloc(0);
  for (let at = 0; at < size;) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - at));
    const count = fileSystem.read(descriptor, chunk, 0, chunk.length, at);
    if (count === 0) return;
    at += count;
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0 && end < count; end = chunk.indexOf(LINE_FEED, start)) {
      const piece = chunk.subarray(start, end);
      yield held.length === 0 ? piece : Buffer.concat([held, piece]);
      held = Buffer.alloc(0);
      start = end + 1;
    }
    held = Buffer.concat([held, chunk.subarray(start, count)]);
    if (held.length > LINE_BYTES_MAX)
      throw new StatelogError('INVALID_LINE', 'a line is longer than any export has');
  }
}

function unfinished(origin: string): StatelogError {
  return new StatelogError('UNFINISHED_STREAM', 'the stream ended before its end', {
    path: origin,
    safe: 'nothing was made of it',
    hint: 'run the transfer again',
  });
}

function invalid(origin: string, reason: string): StatelogError {
  return new StatelogError('INVALID_ARTIFACT', `the stream is no export: ${reason}`, {
    path: origin,
    safe: 'nothing was made of it',
    hint: `'statelog put --batch' takes other lines`,
  });
}

function mismatch(origin: string, end: LinesEnd, keys: number, digest: string): StatelogError {
  return new StatelogError('DIGEST_MISMATCH', 'the content is not what its last line says', {
    path: origin,
    expected: `${end.keys} keys, ${end.digest}`,
    found: `${keys} keys, ${digest}`,
    safe: 'nothing was made of it',
    hint: 'run the transfer again',
  });
}
