import { constants, createInflateRaw, type InflateRaw } from 'node:zlib';
import { crc32 } from '../../bytes/crc/checksum.js';
import { readU32 } from '../../bytes/halves.js';
import { isStatelogError } from '../../errors.js';
import { isGzip } from '../../storage-io/whole/gzip-start.js';
import { ByteFeed } from './byte-feed.js';

/*
 * The members of a gzip stream (RFC 1952) are told apart here, and only their data is left to node:zlib: its own reader of gzip loses what
 * it has in hand where bytes follow that gzip did not write, and says nothing of where a member ends.
 */

const FLAGS_AT = 3;
const FIXED_BYTES = 10;
const HAS = { headerSum: 2, extra: 4, name: 8, comment: 16 } as const;
const TRAILER_BYTES = 8;
const CUT = 'unexpected end of file';
/** An inflater that meets a bad byte drops what it has in hand: so much of what came out, or, to lose next to nothing, so little. */
const HELD_BYTES_MAX = { usual: constants.Z_DEFAULT_CHUNK, least: 256 } as const;

/** The outcome of expanding a stream that gzip compressed. */
export interface GunzipOutcome {
  /** How many streams of gzip stood one behind the other; their contents are one. */
  readonly members: number;
  /** The reason that not all was had, and from which byte of the stream on; undefined where it is whole. */
  readonly damage: { readonly reason: string; readonly offset: number } | undefined;
}

/**
 * Expands what gzip compressed, as far as it can be had: where the stream is cut or damaged, or something else follows, what comes
 * out before that. Zeros behind it are padding, as gzip has it.
 * @param onEnd told how it ended
 * @param held how much of what comes out may be lost where a bad byte follows; the least takes some ten times as long
 * @throws StatelogError what reading throws
 */
export async function* gunzipped(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onEnd: (outcome: GunzipOutcome) => void,
  held: keyof typeof HELD_BYTES_MAX = 'usual',
): AsyncGenerator<Uint8Array, void> {
  const feed = new ByteFeed(chunks);
  let members = 0;
  const end = (reason?: string, offset = feed.offset): void => {
    onEnd({ members, damage: reason === undefined ? undefined : { reason, offset } });
  };
  for (;;) {
    const start = feed.offset;
    if (!isGzip(await feed.peek(FIXED_BYTES))) {
      const reason = members === 0 ? 'incorrect header check' : 'gzip did not write what follows';
      end((await feed.isOnlyZeros()) ? undefined : reason, start);
      return;
    }
    members += 1;
    if (!(await skipHeader(feed))) {
      end(CUT);
      return;
    }
    const reason = yield* expandedMember(feed, HELD_BYTES_MAX[held]);
    if (reason !== undefined) {
      end(reason);
      return;
    }
  }
}

/** @returns false where the stream ends before that */
async function skipHeader(feed: ByteFeed): Promise<boolean> {
  const fixed = await feed.take(FIXED_BYTES);
  if (fixed.length < FIXED_BYTES) return false;
  const flags = fixed[FLAGS_AT]!;
  if ((flags & HAS.extra) !== 0) {
    const [low = 0, high = 0] = await feed.take(2);
    await feed.take(low | (high << 8));
  }
  for (const text of [HAS.name, HAS.comment]) {
    if ((flags & text) !== 0) await feed.takeText();
  }
  if ((flags & HAS.headerSum) !== 0) await feed.take(2);
  return (await feed.peek(1)).length > 0;
}

/** @returns why it is not whole; undefined where it is */
async function* expandedMember(
  feed: ByteFeed,
  chunkSize: number,
): AsyncGenerator<Uint8Array, string | undefined> {
  // One that gives out all it has says nothing of a cut end: its checksum does.
  const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize });
  const filling = fill(inflate, feed);
  let sum = 0;
  let length = 0;
  try {
    for await (const chunk of inflate as AsyncIterable<Uint8Array>) {
      sum = crc32(chunk, 0, chunk.length, sum);
      length = (length + chunk.length) >>> 0;
      yield chunk;
    }
  } catch (error) {
    if (isStatelogError(error) || !(error instanceof Error)) throw error;
    return error.message;
  } finally {
    inflate.destroy();
    await filling;
  }
  feed.giveBack((await filling) - inflate.bytesWritten);
  const trailer = await feed.take(TRAILER_BYTES);
  if (trailer.length < TRAILER_BYTES) return CUT;
  if (readU32(trailer, 0) !== sum) return 'incorrect data check';
  return readU32(trailer, 4) === length ? undefined : 'incorrect length check';
}

/** Gives an inflater one chunk after the other, until it is at its end. @returns how many bytes */
async function fill(inflate: InflateRaw, feed: ByteFeed): Promise<number> {
  let given = 0;
  try {
    // Where it leaves bytes of a chunk, its data has ended.
    while (!inflate.destroyed && inflate.bytesWritten === given) {
      const chunk = await feed.takeChunk();
      if (chunk === undefined) {
        inflate.end();
        break;
      }
      given += chunk.length;
      await new Promise<void>((resolve) => {
        // It may end without a word about the chunk in which its data ends.
        inflate.once('close', resolve);
        inflate.write(chunk, () => {
          inflate.removeListener('close', resolve);
          resolve();
        });
      });
    }
  } catch (error) {
    inflate.destroy(error instanceof Error ? error : undefined);
  }
  return given;
}
