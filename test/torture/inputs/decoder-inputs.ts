import { SeededRandom } from '../../simulated-disk/seeded-random.js';
import type { TortureRow, TortureTask } from '../row.js';
import { allDecoders, isRefusal, type Decoder } from './decoders.js';
import { mutate } from './mutate.js';

/** Each group of inputs has a seed of its own, so that a failure is seen again without all before it. */
const GROUP = 500;
const MEMORY_BYTES_MAX = 64 * 1024 * 1024;
const MEMORY_EVERY_GROUPS = 100;
const VIOLATIONS_MAX = 20;

/** Mutated input for every decoder: a refusal or an answer, in bounded memory, and nothing else. */
export const decoderInputsRow: TortureRow = {
  id: 'decoder-inputs',
  title: 'decoder inputs',
  figures: { part: 60_000, usual: 10_000_000, long: 1_000_000_000 },
  shardsMax: 2,
  run: (task) => {
    const decoders = allDecoders();
    const turns = decoders.flatMap((decoder) => Array<Decoder>(decoder.weight).fill(decoder));
    const before = memoryBytes();
    let most = 0;
    for (let group = 0; task.isUnfinished && task.violations.length < VIOLATIONS_MAX; group++) {
      const decoder = turns[task.random.below(turns.length)]!;
      tryGroup(task, decoder, decoders[task.random.below(decoders.length)]!, task.random.below(2 ** 31));
      if (group % MEMORY_EVERY_GROUPS !== 0) continue;
      most = Math.max(most, memoryBytes() - before);
      if (most > MEMORY_BYTES_MAX) task.report(decoder.name, new Error(`R7: ${most} bytes over the start`));
    }
    task.notes.push(`${decoders.length} decoders, ${(most / 1024 / 1024).toFixed(1)} MiB over the start`);
  },
};

function tryGroup(task: TortureTask, decoder: Decoder, other: Decoder, seed: number): void {
  const random = new SeededRandom(seed);
  for (let index = 0; index < GROUP; index++) {
    const bytes = mutate(
      decoder.seeds[random.below(decoder.seeds.length)]!,
      other.seeds[random.below(other.seeds.length)]!,
      random,
    );
    task.count += 1;
    try {
      decoder.decode(bytes);
    } catch (error) {
      if (isRefusal(error)) continue;
      const hex = Buffer.from(bytes.subarray(0, 600)).toString('hex');
      task.report(
        `${decoder.name}, group ${seed}, input ${index}`,
        `${String(error)}; ${bytes.length} bytes: ${hex}`,
      );
      return;
    }
  }
}

function memoryBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
