/** Sabotages of what is made over every kind of store. See ../mutants.mjs. */
export const storeMutants = [
  {
    name: 'plain-get-with-more-behind-it',
    rule: 'a request that says more than its op and its key is left to the parser',
    file: 'src/engine/bytes/text/plain-line.ts',
    from: '  if (!isWhole || textEnd(line, keyStart, keyEnd) !== keyEnd) return undefined;',
    to: '  if (!isWhole) return undefined;',
    tests: ['engine/bytes/plain-line'],
    match: 'what a request is taken for *',
  },
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
