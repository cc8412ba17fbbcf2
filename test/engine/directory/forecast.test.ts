import test from 'ava';
import {
  type CoreForecast,
  forecastCheckpoint,
} from '../../../src/engine/directory/checkpoint/core-forecast.js';
import { readDirectory } from '../../../src/engine/directory/read/reader.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';

const KEYS = 400;
const keyOf = (number: number): Uint8Array => Buffer.from(`key ${number}`);

/** What a checkpoint of a store would hold whose every `step`th key was changed since the last one, by turns. */
async function forecastAfter(
  step: number,
): Promise<{ found: CoreForecast; expected: Omit<CoreForecast, 'plan'> }> {
  const fileSystem = new SimulatedFileSystem();
  StateDirectory.create('/store', { fileSystem });
  const store = await StateDirectory.open('/store', { fileSystem });
  const model = new Map<string, number>();
  const put = (number: number, length: number): void => {
    store.put(keyOf(number), new Uint8Array(length));
    model.set(`key ${number}`, length);
  };
  for (let number = 0; number < KEYS; number++) put(number, number % 50);
  await store.checkpoint();
  let appended = 0;
  for (let number = 0; number < KEYS; number += step) {
    store.delete(keyOf(number));
    model.delete(`key ${number}`);
    put(number + 1, 70);
    put(number + 2 * KEYS, 80);
    appended += 150;
  }
  await store.sync();
  store.close();
  const { states } = readDirectory({ fileSystem, root: '/store' });
  const core = states.all[0]!;
  const { writePos } = core.base!;
  const found = forecastCheckpoint(core);
  states.release();
  const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);
  const keyLengths = [...model.keys()].map((key) => key.length);
  const expected = {
    count: model.size,
    keyBytes: sum(keyLengths),
    liveBytes: sum(model.values()),
    appendedTo: writePos + appended,
  };
  return { found, expected };
}

test('what a checkpoint will hold is known beforehand, after few changes and after many', async (t) => {
  for (const step of [390, 100, 3]) {
    const {
      found: { plan, ...found },
      expected,
    } = await forecastAfter(step);
    t.is(plan?.count, step > 16 ? expected.count : undefined);
    t.deepEqual(found, expected, `every ${step}th key`);
  }
});
