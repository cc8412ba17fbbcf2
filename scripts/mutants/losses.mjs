const PROVEN = ['engine/repair/proven-keys'];

/** Sabotages of what is said of losses. See ../mutants.mjs. */
export const lossMutants = [
  {
    name: 'key-told-as-it-reads',
    rule: 'no key is told as lost that was not',
    file: 'src/engine/repair/log/record-prover.ts',
    from: "      'all',\n    );",
    to: "      'all',\n    ) ?? { at: 0, before: new Uint8Array(0), after: new Uint8Array(0), end: bytes.length };",
    tests: PROVEN,
    match: '*a segment are overwritten*',
  },
  {
    name: 'key-of-a-fold-log-told-as-it-reads',
    rule: 'no key is told as lost that was not',
    file: 'src/engine/repair/log/made-out-fold.ts',
    from: 'if (mend === undefined) return undefined;\n    const whole = applyMend(bytes, mend);',
    to: 'const whole = mend === undefined ? bytes.slice(0, stated ?? 0) : applyMend(bytes, mend);',
    tests: PROVEN,
    match: '*a fold log that reads as another one*',
  },
  {
    name: 'key-that-cannot-be-read-told',
    rule: 'no key is told as lost that was not',
    file: 'src/engine/repair/log/record-prover.ts',
    from: '!isUnreadable(RECORD_HEADER_BYTES, keyEnd)',
    to: '!isUnreadable(keyEnd, keyEnd)',
    tests: PROVEN,
    match: '*does not give out*',
  },
  {
    name: 'lost-number-told-as-it-reads',
    rule: 'no number is told as lost that was not',
    file: 'src/engine/repair/log/made-out.ts',
    from: 'sequence: isDue ? due : undefined',
    to: 'sequence: this.#sequence',
    tests: PROVEN,
    match: '*a segment are overwritten*',
  },
];
