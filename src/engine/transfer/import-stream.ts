import { filterHint, foreignBytes, type ForeignBytes } from '../bytes/text/foreign-bytes.js';
import { byteOrderMarkLength } from '../bytes/text/text.js';
import { StatelogError } from '../errors.js';
import { gunzippedThrough } from '../inspect/input/gunzip-layers.js';
import { transcodedStart } from '../inspect/strangers/transcoded-file.js';
import { isGzip } from '../storage-io/whole/gzip-start.js';
import { startOf } from '../inspect/input/stream-start.js';

const OPEN_BRACE = 0x7b;

/** A stream whose first bytes were looked at. */
export interface OpenedStream {
  /** True for lines of JSON, false for a tar. */
  readonly isNdjson: boolean;
  /** From the first on. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Looks at a stream's first bytes.
 * @param origin the stream's name, for messages
 * @throws StatelogError `UNFINISHED_STREAM` where it is empty; `UNKNOWN_FORMAT` where it is compressed, encrypted or a page
 */
export async function openStream(stream: AsyncIterable<Uint8Array>, origin: string): Promise<OpenedStream> {
  const lying = await startOf(stream);
  if (lying.head.length === 0) throw emptyStream(origin);
  const { head, chunks } = isGzip(lying.head) ? await startOf(expandedStream(lying.chunks, origin)) : lying;
  if (head.length === 0) throw emptyStream(origin);
  // Lines are read with a byte order mark in front, which is foreign to all else.
  const isNdjson = head[byteOrderMarkLength(head)] === OPEN_BRACE;
  const foreign = isNdjson ? undefined : (transcodedStart(head) ?? foreignBytes(head));
  if (foreign !== undefined) throw foreignStream(origin, foreign);
  return { isNdjson, chunks };
}

function expandedStream(chunks: AsyncIterable<Uint8Array>, origin: string): AsyncIterable<Uint8Array> {
  return gunzippedThrough(chunks, ({ damage }) => {
    if (damage !== undefined) throw damagedGzip(origin, damage.reason);
  });
}

function foreignStream(origin: string, foreign: ForeignBytes): StatelogError {
  return new StatelogError('UNKNOWN_FORMAT', `${origin} is ${foreign.what}`, {
    path: origin,
    safe: 'nothing was made of it',
    hint: filterHint(foreign, undefined),
  });
}

function emptyStream(origin: string): StatelogError {
  return new StatelogError('UNFINISHED_STREAM', 'the stream is empty', {
    path: origin,
    safe: 'nothing was made of it',
    hint: 'did the export before the pipe fail?',
  });
}

function damagedGzip(origin: string, reason: string): StatelogError {
  return new StatelogError('UNFINISHED_STREAM', `the stream is compressed by gzip, and damaged: ${reason}`, {
    path: origin,
    safe: 'nothing was made of it',
    hint: 'run the transfer again',
  });
}
