import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { constants, createGunzip, type Gunzip } from 'node:zlib';
import { isStatelogError } from '../../errors.js';

const GZIP_START = [0x1f, 0x8b, 0x08];

/** True for the first bytes of what gzip wrote. */
export function isGzip(head: Uint8Array): boolean {
  return GZIP_START.every((byte, at) => head[at] === byte);
}

/**
 * Expands what gzip compressed, as far as it can be had: where the stream is cut or damaged, what comes out before that.
 * @param onDamage told what is wrong with it, once
 * @throws StatelogError what reading throws
 */
export async function* gunzipped(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onDamage: (reason: string) => void,
): AsyncGenerator<Uint8Array, void> {
  // One that gives out all it has says nothing of a cut end, and one that does loses what it had: so there are two.
  const check = new GzipCheck();
  const source = Readable.from(checked(chunks, check), { objectMode: false });
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  source.on('error', (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  let reason: string | undefined;
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
    reason = await check.end();
  } catch (error) {
    if (isStatelogError(error) || !(error instanceof Error)) throw error;
    reason = error.message;
  } finally {
    source.destroy();
    check.close();
  }
  if (reason !== undefined) onDamage(reason);
}

/** Copies each chunk, since the next read may write over it. */
async function* checked(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  check: GzipCheck,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of chunks) {
    const copy = chunk.slice();
    await check.take(copy);
    yield copy;
  }
}

/** Reads a stream to its end, and says whether it is whole. */
class GzipCheck {
  readonly #gunzip: Gunzip = createGunzip();
  readonly #outcome: Promise<string | undefined>;

  constructor() {
    this.#gunzip.resume();
    this.#outcome = finished(this.#gunzip).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  }

  async take(chunk: Uint8Array): Promise<void> {
    if (this.#gunzip.destroyed || this.#gunzip.write(chunk)) return;
    await Promise.race([
      this.#outcome,
      new Promise<void>((resolve) => {
        this.#gunzip.once('drain', resolve);
      }),
    ]);
  }

  /** The reason why it is not whole; undefined where it is. */
  end(): Promise<string | undefined> {
    if (!this.#gunzip.destroyed) this.#gunzip.end();
    return this.#outcome;
  }

  close(): void {
    this.#gunzip.destroy();
  }
}
