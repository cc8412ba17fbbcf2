/** Sabotages of what is made over every kind of store. See ../mutants.mjs. */
export const storeMutants = [
  {
    name: 'backward-batches-go-forward',
    rule: 'a scan by batches that goes backward goes on below the last key of each batch',
    file: 'src/engine/store/coded-store.ts',
    from: "[reverse === true ? 'to' : 'after']: last.key",
    to: "['after']: last.key",
    tests: ['engine/store/coded-store'],
    match: 'strings and objects *',
  },
];
