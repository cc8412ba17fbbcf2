import { StatelogError } from '../../../errors.js';
import type { BucketTarget } from './bucket-target.js';
import type { PushPlan, PushSource } from './push-plan.js';

/** Writes that are under way at once. */
const WRITES_MAX = 64;

/** How many changes a push makes, or made. */
export interface PushCounts {
  readonly puts: number;
  readonly deletes: number;
  readonly unchanged: number;
}

/** Counts what a plan comes to. */
export function countsOf({ store }: PushSource, { unchanged, deletes }: PushPlan): PushCounts {
  return { puts: store.count() - unchanged.size, deletes: deletes.size, unchanged: unchanged.size };
}

/**
 * Writes a plan: each key only if nobody has written it since the plan was made.
 * @throws StatelogError `BUCKET_AHEAD` where somebody has; what was written stays
 * @throws TransientError
 */
export async function pushChanges(source: PushSource, plan: PushPlan, target: BucketTarget): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = async (key: string, value: Uint8Array | undefined, expected: bigint): Promise<void> => {
    if (running.size >= WRITES_MAX) await Promise.race(running);
    const write = writeOne(target, key, value, expected)
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => running.delete(write));
    running.add(write);
  };
  for (const [key, value, expected] of changesOf(source, plan)) {
    if (failures.length > 0) break;
    await start(key, value, expected);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}

function* changesOf(
  { store }: PushSource,
  plan: PushPlan,
): Generator<[string, Uint8Array | undefined, bigint], void> {
  for (const { key, value } of store.entries()) {
    const text = new TextDecoder().decode(key);
    if (!plan.unchanged.has(text)) yield [text, value, plan.expected.get(text) ?? 0n];
  }
  for (const [key, revision] of plan.deletes) yield [key, undefined, revision];
}

async function writeOne(
  target: BucketTarget,
  key: string,
  value: Uint8Array | undefined,
  expected: bigint,
): Promise<void> {
  if ((await target.write(key, value, expected)) !== undefined) return;
  throw new StatelogError(
    'BUCKET_AHEAD',
    `somebody writes to the bucket: ${JSON.stringify(key)} has changed meanwhile`,
    {
      path: target.name,
      safe: 'what was written until then stays',
      hint: 'run it again once nobody writes there',
    },
  );
}
