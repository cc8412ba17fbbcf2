import test from 'ava';
import { allPut, oneCreates, STORE_NAMES } from './first-writers-at-once.js';

/* Several processes are the first to write to a store that is not there yet: all of them come to it, and one makes it. */

for (const name of STORE_NAMES) {
  test.serial(`eight first writers of ${name} all write, and wait for one another`, async (t) => {
    await allPut(t, name);
  });

  test.serial(
    `of eight that create ${name} at once one does, and the others are told that it is there`,
    async (t) => {
      await oneCreates(t, name);
    },
  );
}
