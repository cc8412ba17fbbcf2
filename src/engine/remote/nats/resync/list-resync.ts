import { WatchCursor } from '../../../fold/format/watch-cursor.js';
import { isListingTrue } from '../format/retention.js';
import type { Resync, ResyncContext } from '../pull/pull-options.js';
import { listNotTrue } from '../pull/refusals.js';
import { readAll } from '../source/read-all.js';
import { takeInBatches } from './change-batches.js';

/**
 * Puts a fold right from the bucket's list of keys: what is not listed is deleted, and the whole state follows. Sound only where
 * a key that is not listed was deleted: of a bucket that drops current values nobody can tell, and it is refused. It takes
 * memory for the names of the bucket's keys.
 */
export class ListResync implements Resync {
  async run(context: ResyncContext): Promise<void> {
    const { source, target, timers, prefix, stream } = context;
    await checkListing(context);
    const live = new Set<string>();
    await readAll(source, timers, { prefix, keysOnly: true }, ({ key, value }) => {
      if (value === undefined) live.delete(key);
      else live.add(key);
    });
    // While the list was read the bucket may have begun to drop values.
    const { created } = await checkListing(context);
    const stale = [...target.keys(prefix)].filter(({ key }) => !live.has(key)).map(({ key }) => key);
    // From here on the fold has no position: cut short, it must be done again.
    const cursor = WatchCursor.none();
    await target.take({ changes: [], cursor, isRepeat: false });
    await target.settle();
    target.setOrigin({ stream, created, prefix });
    const deletes = stale.map((key) => ({ key, value: undefined, revision: undefined }));
    await takeInBatches(target, deletes, cursor);
  }
}

async function checkListing({ source, seenEvicting }: ResyncContext): Promise<{ readonly created: string }> {
  const state = await source.state();
  if (!isListingTrue(state.retention, state.firstRevision, seenEvicting)) throw listNotTrue(source.name);
  return state;
}
