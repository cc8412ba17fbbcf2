import test from 'ava';
import { explore, faultText } from '../support/interleaving/explore.js';
import { DEEDS, OPERATIONS } from '../support/interleaving/operations.js';
import { OtherHands } from '../support/interleaving/other-hands-thread.js';
import { scenesIn } from '../support/interleaving/scene.js';
import { tempDir } from '../support/temp-dir.js';

/** Every so many calls; where the first one is differs from meeting to meeting, so that over all of them each call has its turn. */
const STEP = 11;

for (const kind of ['directory', 'log'] as const) {
  for (const state of ['absent', 'whole', 'torn'] as const) {
    test.serial(`whatever other hands do in the middle of any command, of a ${state} ${kind}`, async (t) => {
      const folder = tempDir(t);
      const scene = await scenesIn(folder)(kind, state);
      const hands = await OtherHands.start(t);
      let meetings = 0;
      for (const [command, operation] of Object.entries(OPERATIONS)) {
        for (const [words, deed] of Object.entries(DEEDS)) {
          if (operation.only?.(scene) === false || deed.only?.(scene) === false) continue;
          const meeting = { folder, scene, operation, deed, hands };
          const { faults } = await explore(meeting, STEP, meetings++ % STEP);
          t.deepEqual(faults.map(faultText), [], `${command} while ${words}`);
        }
      }
      t.true(meetings > 50);
    });
  }
}
