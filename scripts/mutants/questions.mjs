/** Sabotages of the answers to questions about logs. See ../mutants.mjs. */
export const questionsMutants = [
  {
    name: 'value-before-of-the-wanted-alone',
    rule: 'the value before a change is that of the change before, whatever else is filtered',
    file: 'src/engine/inspect/select/last-records.ts',
    from: '    if (this.#keys.keyCount > 0) this.#changes[index] = place;',
    to: '    if (this.#keys.keyCount > 0 && isWanted) this.#changes[index] = place;',
    tests: ['cli/commands/questions'],
    match: '*the value before the last change*',
  },
  {
    name: 'checkpoint-below-not-asked',
    rule: 'the value before the first record of a log is the one in the checkpoint below',
    file: 'src/engine/inspect/select/value-below-logs.ts',
    from: '  if (checkpoint === undefined) return () => undefined;',
    to: '  if (checkpoint !== null) return () => undefined;',
    tests: ['cli/commands/questions'],
    match: '*the value before the last change*',
  },
  {
    name: 'older-records-left-out',
    rule: 'of a log longer than what is kept of it, the newest come first and all come',
    file: 'src/engine/inspect/select/newest-records.ts',
    from: '    return Math.max(0, this.#count - this.#placesMax);',
    to: '    return this.#count < 0 ? 1 : 0;',
    tests: ['cli/replay/newest-first'],
  },
];
