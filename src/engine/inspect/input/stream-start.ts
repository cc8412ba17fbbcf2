/** A stream whose first bytes were looked at. */
export interface StartedStream {
  /** Its first chunk that holds bytes; empty where there is none. */
  readonly head: Uint8Array;
  /** All of it, from the first byte on. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Looks at the start of a stream. Whoever takes no more of it lets it go, and does not wait for its producer. */
export async function startOf(stream: AsyncIterable<Uint8Array>): Promise<StartedStream> {
  const iterator = stream[Symbol.asyncIterator]();
  let first = await iterator.next();
  while (first.done !== true && first.value.length === 0) first = await iterator.next();
  if (first.done === true) return { head: new Uint8Array(0), chunks: stream };
  const head = first.value.slice();
  return { head, chunks: resumed(head, iterator) };
}

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
