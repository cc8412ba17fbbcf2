import { filterHint, foreignBytes, type ForeignBytes } from '../bytes/text/foreign-bytes.js';
import { byteOrderMarkLength } from '../bytes/text/text.js';
import { StatelogError } from '../errors.js';

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
  const { head, chunks } = await peek(stream);
  if (head === undefined) throw emptyStream(origin);
  const foreign = foreignBytes(head);
  if (foreign !== undefined) throw foreignStream(origin, foreign);
  return { isNdjson: head[byteOrderMarkLength(head)] === OPEN_BRACE, chunks };
}

async function peek(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ readonly head: Uint8Array | undefined; readonly chunks: AsyncIterable<Uint8Array> }> {
  const iterator = stream[Symbol.asyncIterator]();
  let head = await iterator.next();
  while (head.done !== true && head.value.length === 0) head = await iterator.next();
  if (head.done === true) return { head: undefined, chunks: stream };
  const chunk = head.value.slice();
  return { head: chunk, chunks: resumed(chunk, iterator) };
}

/**
 * Yields the chunks of a stream. A caller that takes no more lets the stream go, and does not wait for its
 * producer.
 */
async function* resumed(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    rest.return?.().catch(() => undefined);
  }
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
