const REPLICA = 'src/engine/repair/replica';
const FROM_REPLICA = ['cli/commands/repair-from-replica'];

/** Sabotages of how a repair fills what is missing from a replica. See ../mutants.mjs. */
export const replicaMutants = [
  {
    name: 'records-of-a-fork-are-taken',
    rule: 'nothing is taken from a replica that went another way',
    file: `${REPLICA}/log-holes.ts`,
    from: 'else if (isOnce || areOfOneTime(one, run)) return undefined;',
    to: 'else if (isOnce && run.records < 0) return undefined;',
    tests: FROM_REPLICA,
    match: '*went another way*',
  },
  {
    name: 'records-of-a-stranger-are-taken',
    rule: 'nothing is taken from a replica that does not prove to be of the same log',
    file: `${REPLICA}/log-holes.ts`,
    from: 'if (wanted.length > 0 && !isProven) {',
    to: 'if (wanted.length < 0 && !isProven) {',
    tests: FROM_REPLICA,
    match: '*shares none*',
  },
  {
    name: 'page-that-fails-its-sum-is-taken',
    rule: 'R2: damaged bytes are never passed on as good, those of a replica neither',
    file: `${REPLICA}/compose-pages.ts`,
    from: 'return count === bytes && crc32c(this.#page, 0, bytes) === sum;',
    to: 'return count === bytes && sum >= 0;',
    tests: FROM_REPLICA,
    match: '*bad pages*',
  },
  {
    name: 'keys-of-an-older-export-are-taken',
    rule: 'nothing stale is taken from an older replica',
    file: `${REPLICA}/fill-fold-keys.ts`,
    from: 'if (behindGaps.length === 0 || isLater(behindGaps, position))',
    to: 'if (behindGaps.length === 0)',
    tests: FROM_REPLICA,
    match: '*before the damage*',
  },
  {
    name: 'replica-of-another-store-is-used',
    rule: 'nothing is taken from another store',
    file: `${REPLICA}/fill-directory.ts`,
    from: '!equalBytes(replica.storeId, manifest.storeId)',
    to: 'replica.storeId.length === 0',
    tests: FROM_REPLICA,
    match: '*replica of another store*',
  },
  {
    name: 'changes-that-no-log-tells-of-left-out',
    rule: 'an increment holds all that came after its position, and nothing from before',
    file: 'src/engine/transfer/increment/increment-span.ts',
    from: 'told !== undefined && told.keysTold() === told.keysAfter ? told.changes : undefined',
    to: 'told?.changes',
    tests: ['engine/transfer/logged-changes'],
    match: 'what no log tells of*',
  },
  {
    name: 'follower-ended-by-a-compaction',
    rule: 'whoever follows goes on through what passes by itself',
    file: 'src/engine/remote/replicate/replicate.ts',
    from: "return error instanceof StoreUnavailable || isStatelogError(error, 'STORE_REPLACED');",
    to: 'return error instanceof StoreUnavailable;',
    tests: ['engine/remote/replicate'],
    match: 'a fold log that is compacted*',
  },
];
