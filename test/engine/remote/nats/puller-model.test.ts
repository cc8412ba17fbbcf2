import test from 'ava';
import fc from 'fast-check';
import { StatelogError } from '../../../../src/engine/errors.js';
import { crashAt, SimulatedCrash, SimulatedDisk } from '../../../simulated-disk/index.js';
import type { Resync } from '../../../../src/engine/remote/nats/pull/pull-options.js';
import { foldOn, list, startPull, type Pulling, type StartedPull } from './pulled-fold.js';
import { SimulatedBucket, type Live } from './simulated-bucket.js';
import { SimulatedTime } from './simulated-time.js';

/*
 * Whatever happens between a bucket and a fold, a pull that ends well leaves every write less every real delete; one that cannot
 * says so. Nothing is taken twice.
 */

type Step =
  | { readonly do: 'put'; readonly key: number; readonly value: number }
  | { readonly do: 'delete'; readonly key: number }
  | { readonly do: 'empty'; readonly key: number }
  | { readonly do: 'burst'; readonly keys: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'lose'; readonly how: 'told' | 'silently' }
  | { readonly do: 'down'; readonly ms: number }
  | { readonly do: 'kill'; readonly after: number }
  | { readonly do: 'drop'; readonly count: number }
  | { readonly do: 'recreate' };

const key = fc.integer({ min: 0, max: 9 });
const quiet: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constant('put' as const), key, value: fc.integer({ min: 1, max: 1_000 }) }),
  fc.record({ do: fc.constant('delete' as const), key }),
  fc.record({ do: fc.constant('empty' as const), key }),
  fc.record({ do: fc.constant('burst' as const), keys: fc.integer({ min: 1, max: 700 }) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 40_000 }) }),
  fc.record({ do: fc.constant('lose' as const), how: fc.constantFrom('told' as const, 'silently' as const) }),
  fc.record({ do: fc.constant('down' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  fc.record({ do: fc.constant('kill' as const), after: fc.integer({ min: 0, max: 60 }) }),
];
const losing: fc.Arbitrary<Step>[] = [
  ...quiet,
  fc.record({ do: fc.constant('drop' as const), count: fc.integer({ min: 1, max: 8 }) }),
  fc.constant<Step>({ do: 'recreate' }),
];
const stepsOf = (kinds: fc.Arbitrary<Step>[]): fc.Arbitrary<Step[]> =>
  fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: 25 });

/** A bucket, a fold, and whoever pulls it at the moment. */
class World {
  readonly time = new SimulatedTime();
  readonly bucket = new SimulatedBucket(this.time);
  readonly disk = new SimulatedDisk({ pageBytes: 4096 });
  readonly taken: bigint[] = [];
  readonly #into: readonly string[];
  #started: StartedPull | undefined;
  /** Why the last pull would not go on. */
  refusal: StatelogError | undefined;

  constructor(into: readonly string[]) {
    this.#into = into;
    // As long as it stands the bucket begins with it, whatever is overwritten behind it.
    this.bucket.put('anchor', 'stays');
  }

  async do(step: Step): Promise<void> {
    const { bucket, time } = this;
    await this.#pulled();
    if (step.do === 'put') bucket.put(`key.${step.key}`, String(step.value));
    else if (step.do === 'delete') bucket.delete(`key.${step.key}`);
    else if (step.do === 'empty') bucket.put(`key.${step.key}`, '');
    else if (step.do === 'burst')
      for (let at = 0; at < step.keys; at++) bucket.put(`burst.${at}`, String(bucket.last));
    else if (step.do === 'pass') await time.pass(step.ms);
    else if (step.do === 'lose') bucket.killConsumers(step.how);
    else if (step.do === 'drop') bucket.dropHead(step.count);
    else if (step.do === 'recreate') bucket.recreate();
    else if (step.do === 'down') {
      bucket.isDown = true;
      bucket.killConsumers('told');
      await time.pass(step.ms);
      bucket.isDown = false;
    } else {
      await this.#end();
      await this.#pulled(step.after);
      await time.pass(50);
    }
  }

  /** The fold after a pull to the last revision that ended well. */
  async finish(resync?: Resync): Promise<Map<string, Live>> {
    await this.#end();
    const { over } = await startPull({ ...this.#pulling, resync });
    await this.time.until(over);
    return foldOn(this.disk).live;
  }

  get #pulling(): Pulling {
    const { time, bucket, disk, taken } = this;
    return { time, bucket, disk, taken, into: this.#into };
  }

  /** Follows the bucket, where nobody does; the process may die at one of its calls. */
  async #pulled(killAfter?: number): Promise<void> {
    if (this.#started !== undefined) return;
    const plan = killAfter === undefined ? undefined : crashAt(killAfter);
    try {
      const started = await startPull({ ...this.#pulling, plan, isFollowing: true });
      this.#started = started;
      started.over.catch((error: unknown) => {
        if (this.#started === started) this.#started = undefined;
        this.#note(error);
      });
    } catch (error) {
      this.#note(error);
    }
    await this.time.settle();
  }

  async #end(): Promise<void> {
    const started = this.#started;
    this.#started = undefined;
    started?.puller.stop();
    await this.time.until(
      started?.over.catch((error: unknown) => {
        this.#note(error);
      }) ?? Promise.resolve(),
    );
  }

  #note(error: unknown): void {
    if (error instanceof StatelogError) this.refusal = error;
    else if (!(error instanceof SimulatedCrash)) throw error;
  }
}

const sorted = (live: ReadonlyMap<string, Live>): [string, Live][] =>
  [...live].sort(([a], [b]) => (a < b ? -1 : 1));

test('a bucket that keeps what it holds is in the fold, whatever is lost or killed on the way', async (t) => {
  await fc.assert(
    fc.asyncProperty(stepsOf(quiet), async (steps) => {
      const world = new World([]);
      for (const step of steps) await world.do(step);
      t.deepEqual(sorted(await world.finish()), sorted(world.bucket.truth));
      t.is(world.refusal, undefined);
      t.is(new Set(world.taken).size, world.taken.length);
    }),
    { numRuns: 30 },
  );
});

test('stores beside the fold are equal to it, whatever is lost or killed on the way', async (t) => {
  await fc.assert(
    fc.asyncProperty(stepsOf(quiet), async (steps) => {
      const world = new World(['/second.snap']);
      for (const step of steps) await world.do(step);
      const live = sorted(await world.finish());
      t.deepEqual(live, sorted(world.bucket.truth));
      t.deepEqual(sorted(foldOn(world.disk, '/second.snap').live), live);
    }),
    { numRuns: 20 },
  );
});

test('a bucket that drops its head or is made anew is either in the fold or refused, never in between', async (t) => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(stepsOf(losing), async (steps) => {
      const world = new World([]);
      // From here on the fold has seen all that ever was.
      await world.do({ do: 'put', key: 0, value: 1 });
      await world.time.pass(100);
      for (const step of steps) await world.do(step);
      try {
        t.deepEqual(sorted(await world.finish()), sorted(world.bucket.truth));
      } catch (error) {
        if (!(error instanceof StatelogError)) throw error;
        t.true(error.code === 'CURSOR_EXPIRED' || error.code === 'SOURCE_MISMATCH', String(error));
        refused += 1;
      }
    }),
    { numRuns: 80 },
  );
  t.true(refused > 10);
});

test('the list of keys puts any fold right of a bucket that keeps what it holds', async (t) => {
  await fc.assert(
    fc.asyncProperty(stepsOf(quiet), stepsOf(quiet), async (before, after) => {
      const world = new World([]);
      for (const step of before) await world.do(step);
      await world.finish();
      world.bucket.recreate();
      for (const step of after) if (step.do === 'put' || step.do === 'delete') await world.do(step);
      t.deepEqual(sorted(await world.finish(list())), sorted(world.bucket.truth));
    }),
    { numRuns: 40 },
  );
});
