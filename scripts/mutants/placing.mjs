const ARTIFACT = 'src/engine/repair/artifact';
const PLACED_PAYLOAD = ['engine/repair/placed-payload'];
const OTHER_MOMENTS = ['engine/repair/other-moments'];
const FOREIGN_PAIR = ['engine/repair/foreign-pair'];

/** Sabotages of how files are told from those of other names, moments and state files. See ../mutants.mjs. */
export const placingMutants = [
  {
    name: 'values-behind-an-index-unseen',
    rule: 'R2: the index of another state file is never taken for its own without a word',
    file: 'src/engine/state/read/foreign-pair.ts',
    from: '  if (behind > end) {',
    to: '  if (behind > Infinity) {',
    tests: FOREIGN_PAIR,
  },
  {
    name: 'values-that-never-were',
    rule: 'R2: an index that names what was never written is not called good',
    file: 'src/engine/state/read/foreign-pair.ts',
    from: '  return within;',
    to: '  return within * 0;',
    tests: FOREIGN_PAIR,
  },
  {
    name: 'newer-checkpoint-called-a-leftover',
    rule: 'R2: an older manifest never stands for a newer checkpoint without a word',
    file: 'src/engine/directory/leftovers/later-checkpoint.ts',
    from: 'if (epoch > live) return cores.some(isThere);',
    to: 'if (epoch > live) return false;',
    tests: OTHER_MOMENTS,
  },
  {
    name: 'checkpoint-behind-another-log-called-a-leftover',
    rule: 'R2: a checkpoint is taken for one that was nearly made only where its log has the barriers',
    file: 'src/engine/directory/leftovers/later-checkpoint.ts',
    from: 'cores.some((coreId) => !hasBarrier(',
    to: 'cores.some((coreId) => hasBarrier(',
    tests: OTHER_MOMENTS,
  },
  {
    name: 'unlogged-checkpoint-of-a-crash-called-newer',
    rule: 'R1: a store that crashed while changes went onto it at once is written to again',
    file: 'src/engine/directory/write/change-at-once.ts',
    from: 'opened.lock.makeDurable();',
    to: '',
    tests: ['engine/transfer/increment-crash.exhaustive'],
  },
  {
    name: 'artifact-files-believed-for-their-names',
    rule: 'R6: what is good is kept, wherever it lies: the files of an artifact by their digests',
    file: `${ARTIFACT}/placed-payload.ts`,
    from: 'const found = own ?? parts.find((part) => part.name !== file.path && fits(part));',
    to: 'const found = own;',
    tests: PLACED_PAYLOAD,
  },
  {
    name: 'artifact-of-names-alone',
    rule: 'R6: what is good is kept, wherever it lies: the cores of an artifact without its manifest by their indexes',
    file: `${ARTIFACT}/payload-sayings.ts`,
    from: 'return fitting.some(({ name }) => name === path) ? undefined : fitting[0];',
    to: 'return fitting.find(({ name }) => name === path);',
    tests: PLACED_PAYLOAD,
  },
];
