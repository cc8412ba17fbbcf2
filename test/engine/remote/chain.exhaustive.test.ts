import test from 'ava';
import { everyMomentIsRestored } from './chain-property.js';

for (const kind of ['directory', 'log'] as const) {
  test(`two hundred random chains of a ${kind}, restored at every moment that is kept, are what it was there`, async (t) => {
    await everyMomentIsRestored(t, kind, 200);
  });
}
