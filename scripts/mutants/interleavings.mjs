/** Sabotages of what holds where other hands come between two calls. See ../mutants.mjs. */
const interleavings = 'cli/interleavings';
const betweenCalls = 'other hands come between the calls*';

export const interleavingMutants = [
  {
    name: 'mended-log-renamed-over-another',
    rule: 'R9: a log that others put in the place of a torn one while that is mended is not written over',
    file: 'src/engine/fold/write/open-log.ts',
    from: 'checkStillHeld(this.#fileSystem, this.path, [held]);',
    to: 'void held;',
    tests: [interleavings],
    match: betweenCalls,
  },
  {
    name: 'what-was-moved-is-damaged',
    rule: 'R10: a store that is moved away or replaced while a writer opens it is not called damaged',
    file: 'src/engine/directory/write/open-writer.ts',
    from: 'checkHeldByLock(fileSystem, layout, lock);',
    to: '',
    tests: [interleavings],
    match: betweenCalls,
  },
  {
    name: 'readers-of-two-stores',
    rule: 'R10: what is found, or found missing, in a folder is of the one that was there first, and not of another in its place',
    file: 'src/engine/storage-io/views/anchored-file-system.ts',
    from: 'if (fileSystem.statusFollowing(folder)?.identity !== identity)',
    to: 'if (fileSystem.statusFollowing(folder)?.kind === undefined)',
    tests: [interleavings],
    match: betweenCalls,
  },
  {
    name: 'close-record-by-name',
    rule: 'R9: nothing is written into another store that lies at the path by now, the record of a clean close neither',
    file: 'src/engine/storage-io/lock/file-lock.ts',
    from: 'join(held ?? dirname(this.path), name)',
    to: 'join(held?.slice(0, 0) || dirname(this.path), name)',
    tests: ['engine/directory/held-store'],
    match: '*restored in the moment of its close*',
  },
  {
    name: 'checkpoint-of-what-was-moved-is-damaged',
    rule: 'R10: a store that is moved away just after its manifest was swapped is not called damaged',
    file: 'src/engine/directory/checkpoint/checkpoint.ts',
    from: '    held.checkPlace();\n',
    to: '',
    tests: ['engine/directory/held-store'],
    match: '*once its manifest is in place*',
  },
  {
    name: 'changed-while-repaired-not-told',
    rule: 'a store that a writer changes while a repair looks at it is not called damaged, and nothing is made of it',
    file: 'src/engine/repair/directory/salvage-directory.ts',
    from: 'return status && `${status.identity} ${status.size} ${status.modifiedNs}`;',
    to: 'return status && undefined;',
    tests: ['engine/repair/changed-meanwhile'],
    match: '*while a repair looks at it lost nothing*',
  },
  {
    name: 'watch-ends-where-a-store-goes',
    rule: 'who waits for a key of a store that is moved or removed just then waits for the next store there',
    file: 'src/engine/inspect/watch/store-watch.ts',
    from: 'if (isStatelogError(error) && isGone) return undefined;',
    to: '',
    tests: ['engine/inspect/watch/store-watch'],
    match: '*while a watch opens it*',
  },
];
