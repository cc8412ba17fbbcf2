import type { SimulatedFileSystem } from '../../simulated-disk/index.js';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { BookedStore, patternBytes, type StateBook } from '../../engine/state/crash-workload.js';

type Step = (store: BookedStore) => void;

/** Puts, deletes, clearing and restoring between saves, and reopening. */
export function randomStateWork(
  random: SeededRandom,
): (fileSystem: SimulatedFileSystem, book: StateBook) => void {
  const sizes = [0, 3, 40, 500, 4096, 9000];
  const sessions = Array.from({ length: 1 + random.below(2) }, () =>
    Array.from({ length: 2 + random.below(3) }, () => randomSteps(random, sizes)),
  );
  return (fileSystem, book) => {
    for (const groups of sessions) {
      const store = new BookedStore(fileSystem, book);
      for (const group of groups) for (const step of group) step(store);
      store.store.close();
      book.live = new Map(book.saved);
    }
  };
}

function randomSteps(random: SeededRandom, sizes: readonly number[]): Step[] {
  const steps: Step[] = [];
  for (let count = 1 + random.below(8); count > 0; count--) {
    const key = `key ${random.below(6)}`;
    const value = patternBytes(sizes[random.below(sizes.length)]!, random.below(100));
    const kind = random.below(16);
    if (kind < 11) steps.push((store) => store.put(key, value));
    else if (kind < 14) steps.push((store) => store.delete(key));
    else if (kind === 14) steps.push((store) => store.clear());
    else steps.push((store) => store.restore([[key, value]]));
  }
  const how = (['flush', 'saveIndex', 'compact'] as const)[random.below(3)]!;
  steps.push((store) => store.save(how));
  return steps;
}
