import { boolean } from '@oclif/core/flags';
import { usageError } from '../errors/usage-error.js';
import { idleFlag, textFlag } from './flags.js';

const BATCH_GROUP = 'BATCH';

/** Flags of every command that takes a batch of lines. */
export const batchFlags = {
  batch: textFlag({
    description: 'a batch of lines, - for standard input',
    helpGroup: BATCH_GROUP,
    helpValue: 'FILE',
  }),
  tsv: boolean({ description: 'the batch has key<TAB>value lines', helpGroup: BATCH_GROUP }),
  ack: boolean({
    description: 'print {"acknowledged":N} when N lines are on disk',
    helpGroup: BATCH_GROUP,
  }),
  rejects: textFlag({
    description: 'add the lines that changed nothing to this file, as they came',
    helpGroup: BATCH_GROUP,
    helpValue: 'FILE',
  }),
  'skip-bad': boolean({
    description: 'pass over lines that cannot be taken, and end with 2',
    helpGroup: BATCH_GROUP,
  }),
  ...idleFlag(BATCH_GROUP),
};

/** Flags of a batch that are refused without one. */
const WITH_BATCH = ['tsv', 'ack', 'rejects', 'skip-bad', 'source', 'drop-revisions'] as const;

/** @throws StatelogError `INVALID_ARGUMENT` for a flag that says how a batch is read, where there is none */
export function refuseBatchFlags(
  flags: Readonly<Partial<Record<(typeof WITH_BATCH)[number], string | boolean | undefined>>>,
): void {
  const given = WITH_BATCH.find((name) => flags[name] !== undefined && flags[name] !== false);
  if (given !== undefined) throw usageError(`--${given} goes with --batch`);
}
