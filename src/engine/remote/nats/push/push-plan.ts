import { equalBytes } from '../../../bytes/compare.js';
import { isUtf8 } from '../../../bytes/text/text.js';
import { StatelogError } from '../../../errors.js';
import type { ReadableStore } from '../../../store/store.js';
import { isSubjectSafe } from '../format/bucket-key.js';
import { readAll } from '../source/read-all.js';
import type { Timers } from '../source/timers.js';
import type { BucketTarget } from './bucket-target.js';

/** The store to push, and how it stands to the bucket. */
export interface PushSource {
  readonly store: ReadableStore;
  /** Only keys that start with it are the store's business; empty: all. */
  readonly prefix: string;
  /** Up to this revision the store has seen all of this very bucket; undefined: it is of another, or nobody knows. */
  readonly seenUpTo: bigint | undefined;
}

/** The changes that make a bucket equal to a store. It takes memory for the names of the bucket's keys. */
export interface PushPlan {
  /** Revisions of keys that the bucket has, as they must still be when they are written over. */
  readonly expected: ReadonlyMap<string, bigint>;
  /** Keys that have their value there already. */
  readonly unchanged: ReadonlySet<string>;
  /** Keys that the store does not have. */
  readonly deletes: ReadonlyMap<string, bigint>;
  /** Keys of which the bucket has what the store never saw, the first few; how many there are. */
  readonly ahead: readonly string[];
  readonly aheadCount: number;
}

const EXAMPLES_MAX = 3;

/**
 * Checks that a bucket can hold all of a store.
 * @throws StatelogError `NOT_REPRESENTABLE`, `LIMIT_EXCEEDED`; nothing was written
 */
export function checkPushable({ store, prefix }: PushSource, { name, valueBytesMax }: BucketTarget): void {
  const safe = `nothing was written to ${name}`;
  store.forEachEntry((key, value) => {
    const text = new TextDecoder().decode(key);
    if (!isUtf8(key) || !isSubjectSafe(text) || !text.startsWith(prefix)) {
      throw new StatelogError('NOT_REPRESENTABLE', `a bucket cannot hold this key: ${JSON.stringify(text)}`, {
        path: store.path,
        safe,
        hint: 'keys of a bucket are words between full stops, without white space, * and >',
      });
    }
    if (value.length === 0) {
      throw new StatelogError(
        'NOT_REPRESENTABLE',
        `a bucket cannot hold an empty value: ${JSON.stringify(text)}`,
        {
          path: store.path,
          safe,
          hint: 'there it deletes the key: delete it in the store, or give it a value',
        },
      );
    }
    if (value.length > valueBytesMax) {
      throw new StatelogError(
        'LIMIT_EXCEEDED',
        `the server takes no value of ${value.length} bytes: ${JSON.stringify(text)}`,
        {
          path: store.path,
          safe,
          expected: `at most ${valueBytesMax} bytes`,
          found: `${value.length} bytes`,
          hint: "max_payload of the server's configuration sets the limit",
        },
      );
    }
  });
}

/** Holds a bucket against a store. @throws TransientError */
export async function planPush(
  { store, prefix, seenUpTo }: PushSource,
  target: BucketTarget,
  timers: Timers,
): Promise<PushPlan> {
  const expected = new Map<string, bigint>();
  const deletes = new Map<string, bigint>();
  const unchanged = new Set<string>();
  const ahead = new Set<string>();
  const encoder = new TextEncoder();
  await readAll(target.source, timers, { prefix }, ({ key, value, revision }) => {
    for (const group of [expected, deletes, unchanged, ahead]) group.delete(key);
    const own = store.get(encoder.encode(key))?.value;
    if (own === undefined && value === undefined) return;
    if (own !== undefined && value !== undefined && equalBytes(own, value)) {
      unchanged.add(key);
      return;
    }
    (own === undefined ? deletes : expected).set(key, revision);
    if (seenUpTo === undefined || revision > seenUpTo) ahead.add(key);
  });
  return { expected, unchanged, deletes, ahead: [...ahead].slice(0, EXAMPLES_MAX), aheadCount: ahead.size };
}
