import path from 'node:path';
import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { pruneSnapshots } from '../../../src/engine/remote/publish/prune-snapshots.js';
import { tempDir } from '../../support/temp-dir.js';
import { HISTORIES, standing } from '../transfer/increment-works.js';
import { extend, publishWhole, restore } from './chain-works.js';
import { SimulatedBucket, SimulatedStore } from './simulated-bucket.js';
import { KEY, quick } from './snapshots.js';

const key = fc.constantFrom('a', 'ab', 'b', 'c', 'é', 'z');
const value = fc.option(fc.constantFrom('', '1', '2', 'long '.repeat(30)), { nil: undefined, freq: 3 });
const batch = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 6 });
/** Batches of changes, and what is done behind each: nothing, a whole snapshot, or an increment. */
const history = fc.array(
  fc.tuple(batch, fc.constantFrom('none', 'whole', 'increment', 'increment', 'increment')),
  { minLength: 2, maxLength: 8 },
);

/**
 * Random chains of whole snapshots and increments with deletes: restored at each moment that is kept, and at the newest, the
 * store is what the source was there; after pruning, all that stands on what stays can still be restored.
 */
export async function everyMomentIsRestored(
  t: ExecutionContext,
  kind: 'directory' | 'log',
  numRuns: number,
): Promise<void> {
  const folder = tempDir(t);
  const { create, write } = HISTORIES[kind];
  let number = 0;
  await fc.assert(
    fc.asyncProperty(history, fc.integer({ min: 1, max: 3 }), async (batches, keep) => {
      const here = path.join(folder, String(number++));
      const nameOf = (name: string): string => `${here}-${name}${kind === 'log' ? '.snap' : ''}`;
      const source = nameOf('source');
      create(source);
      const bucket = new SimulatedBucket();
      const blobs = new SimulatedStore(bucket);
      const kept = new Map<string, string>();
      const wholes: string[] = [];
      for (const [index, [steps, act]] of batches.entries()) {
        const position = String(index + 1);
        await write(source, steps, index + 1);
        if (act === 'none') continue;
        if (act === 'whole' || wholes.length === 0) {
          await publishWhole(blobs, source);
          wholes.push(position);
        } else await extend(blobs, source);
        kept.set(position, standing(source));
      }
      const isRestored = async (at: string | undefined, wanted: string): Promise<void> => {
        const copy = nameOf(`copy-${number++}`);
        await restore(blobs, copy, at);
        t.is(standing(copy), wanted);
      };
      for (const [at, wanted] of kept) await isRestored(at, wanted);
      const newest = [...kept.values()].at(-1);
      if (newest === undefined) return;
      await isRestored(undefined, newest);
      await pruneSnapshots(blobs, KEY, { ...quick, keep, graceMs: 0 });
      const oldest = BigInt(wholes[Math.max(0, wholes.length - keep)]!);
      for (const [at, wanted] of kept) {
        if (BigInt(at) >= oldest) await isRestored(at, wanted);
        else await t.throwsAsync(restore(blobs, nameOf('none'), at), { code: 'EPOCH_NOT_FOUND' });
      }
      await isRestored(undefined, newest);
    }),
    { numRuns },
  );
}
