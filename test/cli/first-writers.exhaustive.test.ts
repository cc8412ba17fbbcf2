import test from 'ava';
import { allPut, oneCreates, STORE_NAMES } from './first-writers-at-once.js';

const ROUNDS = 10;

for (const name of STORE_NAMES) {
  test.serial(
    `however often eight are the first to write to ${name}, all write, and one makes it`,
    async (t) => {
      for (let round = 0; round < ROUNDS; round++) {
        await allPut(t, name);
        await oneCreates(t, name);
      }
    },
  );
}
