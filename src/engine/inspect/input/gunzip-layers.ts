import { isGzip } from '../../storage-io/whole/gzip-start.js';
import { gunzipped, type GunzipOutcome } from './gunzip.js';
import { startOf } from './stream-start.js';

/** A file that is compressed more often than this is made to be: one may even hold itself. */
export const GZIP_LAYERS_MAX = 4;

/**
 * Expands what gzip compressed, and what is in that where it was compressed before.
 * @param onEnd told how it ended; of damage within, the offset is that of all of it
 * @param held as for `gunzipped`
 * @throws StatelogError what reading throws
 */
export async function* gunzippedThrough(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onEnd: (outcome: GunzipOutcome) => void,
  held?: Parameters<typeof gunzipped>[2],
): AsyncGenerator<Uint8Array, void> {
  const outcomes: GunzipOutcome[] = [];
  const layer = (outcome: GunzipOutcome): void => {
    outcomes.push(outcome);
  };
  let started = await startOf(gunzipped(chunks, layer, held));
  for (let layers = 1; layers < GZIP_LAYERS_MAX && isGzip(started.head); layers++)
    started = await startOf(gunzipped(started.chunks, layer, held));
  yield* started.chunks;
  onEnd(outcomeOfAll(outcomes));
}

/** The outermost layer's, which is the last to end, and damage of the ones within where it has none. */
function outcomeOfAll(outcomes: readonly GunzipOutcome[]): GunzipOutcome {
  const [first, ...others] = outcomes.toReversed();
  const { members, damage } = first!;
  const within = others.find((outcome) => outcome.damage !== undefined)?.damage;
  if (damage !== undefined || within === undefined) return { members, damage };
  return { members, damage: { reason: within.reason, offset: 0 } };
}
