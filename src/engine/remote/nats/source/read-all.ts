import {
  lossOf,
  TransientError,
  type BucketChange,
  type ChangeSource,
  type ChangesRequest,
} from './change-source.js';
import type { Timers } from './timers.js';

/** A server that says nothing for so long is taken for gone. */
const SILENCE_MS = 10_000;

/**
 * The newest message of each key as a bucket has them now, in the order of their revisions; each is let go after its call.
 * @throws TransientError where the stream is lost on the way: nothing that was shown can be relied on then
 */
export async function readAll(
  source: ChangeSource,
  timers: Timers,
  request: Omit<ChangesRequest, 'after'>,
  show: (change: BucketChange) => void,
): Promise<void> {
  const stream = await source.open({ ...request, after: undefined });
  try {
    let left = stream.pending;
    let lastSignMs = timers.nowMs();
    while (left > 0) {
      const event = stream.take();
      if (event === undefined) {
        const silenceMs = timers.nowMs() - lastSignMs;
        if (silenceMs >= SILENCE_MS) throw new TransientError('nothing was heard of the server');
        await stream.wait(SILENCE_MS - silenceMs);
        continue;
      }
      lastSignMs = timers.nowMs();
      if (event.kind === 'lost') throw lossOf(event);
      if (event.kind !== 'change') continue;
      show(event.change);
      left = event.change.pending;
    }
  } finally {
    stream.close();
  }
}
