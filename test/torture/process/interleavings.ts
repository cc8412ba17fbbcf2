import path from 'node:path';
import { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { explore, faultText } from '../../support/interleaving/explore.js';
import { DEEDS, OPERATIONS } from '../../support/interleaving/operations.js';
import { OtherHands } from '../../support/interleaving/other-hands-thread.js';
import { scenesIn, type SceneKind, type SceneState } from '../../support/interleaving/scene.js';
import type { TortureRow, TortureTask } from '../row.js';
import { inFolder } from './program.js';

const KINDS: readonly SceneKind[] = ['directory', 'log'];
const STATES: readonly SceneState[] = ['absent', 'whole', 'torn'];
/** Of the calls of a command, every so many are tried, from a random one on; in a long run each is. */
const STEP = 13;

/** A command, and what other hands do meanwhile, by their words. */
interface Pairing {
  readonly kind: SceneKind;
  readonly state: SceneState;
  readonly command: string;
  readonly deed: string;
}

/** Other hands come between the file-system calls of a command: all is as if one came after the other. */
export const interleavingsRow: TortureRow = {
  id: 'interleavings',
  title: 'other hands between two calls of a command',
  figures: { part: 250, usual: 2_000, long: 'all' },
  shardsMax: 2,
  run: (task) =>
    inFolder(async (folder) => {
      const hands = await OtherHands.start(path.join(path.dirname(process.argv[1]!), 'other-hands.cjs'));
      try {
        await tryAll(task, folder, hands);
      } finally {
        await hands.end();
      }
    }),
};

async function tryAll(task: TortureTask, folder: string, hands: OtherHands): Promise<void> {
  const sceneOf = scenesIn(folder);
  for (const [index, { kind, state, command, deed }] of shuffled(task.seed).entries()) {
    if (!task.isUnfinished) return;
    if (!task.isMine(index)) continue;
    const scene = await sceneOf(kind, state);
    const operation = OPERATIONS[command]!;
    if (operation.waitsAfter?.includes(deed) === true) continue;
    if (operation.only?.(scene) === false || DEEDS[deed]!.only?.(scene) === false) continue;
    const [step, first] = task.scale === 'long' ? [1, 0] : [STEP, task.random.below(STEP)];
    const where = `${command} of a ${state} ${kind} while ${deed}`;
    try {
      const { cases, faults } = await explore(
        { folder, scene, operation, deed: DEEDS[deed]!, hands },
        step,
        first,
      );
      task.count += cases;
      for (const fault of faults) task.report(where, faultText(fault));
    } catch (error) {
      task.report(where, error);
    }
  }
}

/** All pairings in an order that the seed gives, equal for all shards. */
function shuffled(seed: number): Pairing[] {
  const random = new SeededRandom(seed);
  const pairings = KINDS.flatMap((kind) =>
    STATES.flatMap((state) =>
      Object.keys(OPERATIONS).flatMap((command) =>
        Object.keys(DEEDS).map((deed) => ({ kind, state, command, deed })),
      ),
    ),
  );
  for (let end = pairings.length; end > 1; end--) {
    const taken = random.below(end);
    [pairings[end - 1], pairings[taken]] = [pairings[taken]!, pairings[end - 1]!];
  }
  return pairings;
}
