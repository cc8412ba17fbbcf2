import test from 'ava';
import { explore, faultText } from '../support/interleaving/explore.js';
import { DEEDS, OPERATIONS } from '../support/interleaving/operations.js';
import { OTHER_HANDS_WORKER, OtherHands } from '../support/interleaving/other-hands-thread.js';
import { bundledModule } from '../support/program.js';
import { scenesIn, type SceneKind, type SceneState } from '../support/interleaving/scene.js';
import { tempDir } from '../support/temp-dir.js';

/* Other hands do something in the middle of a command. */

const STEP = 5;

const MEETINGS: readonly (readonly [SceneKind, SceneState, string, string])[] = [
  ['directory', 'absent', 'put', 'another makes it'],
  ['directory', 'absent', 'put', 'a link that leads nowhere comes there'],
  ['log', 'absent', 'put', 'another makes it'],
  ['directory', 'whole', 'put', 'it is moved away'],
  ['directory', 'whole', 'put', 'it is restored'],
  ['directory', 'whole', 'get of several', 'it is restored'],
  ['directory', 'whole', 'scan', 'another checkpoints twice'],
  ['directory', 'whole', 'verify', 'it is restored'],
  ['directory', 'whole', 'wal-replay', 'it is removed'],
  ['directory', 'whole', 'wal-replay --into', 'it is moved away and another one takes its place'],
  ['log', 'whole', 'compact', 'another puts'],
  ['directory', 'torn', 'repair', 'it is restored'],
  ['log', 'torn', 'put', 'it is restored'],
];

test('other hands come between the calls of a command: all is as if one came after the other', async (t) => {
  const folder = tempDir(t);
  const hands = await OtherHands.start(await bundledModule(OTHER_HANDS_WORKER));
  t.teardown(() => hands.end());
  const sceneOf = scenesIn(folder);
  for (const [kind, state, command, words] of MEETINGS) {
    const scene = await sceneOf(kind, state);
    const meeting = { folder, scene, operation: OPERATIONS[command]!, deed: DEEDS[words]!, hands };
    const { cases, faults } = await explore(meeting, STEP);
    t.true(cases > 6, `${command}, ${words}: ${cases} cases`);
    t.deepEqual(faults.map(faultText), [], `${command} of a ${state} ${kind} while ${words}`);
  }
});
