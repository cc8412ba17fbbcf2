import { boolean } from '@oclif/core/flags';
import type { RepairWishes } from '../../engine/repair/salvage.js';
import { usageError } from '../errors/usage-error.js';
import { countFlag, textFlag, unsigned64Flag } from './flags.js';
import { parseIntegerWithin, UNSIGNED_64_MAX } from '../values/integer-text.js';

const CORE_MAX = 65_535;
const GROUP = 'OVERRULING';
const WITH_NEW = { dependsOn: ['into'], helpGroup: GROUP };

/** Flags that overrule the findings of a repair. `wishesOf` reads them. */
export const wishFlags = {
  'base-checkpoint': unsigned64Flag({
    ...WITH_NEW,
    description: 'lay the logs over this checkpoint, whatever newer ones there are',
    helpValue: 'EPOCH',
  }),
  'as-core': countFlag({
    ...WITH_NEW,
    greatest: CORE_MAX,
    description: 'of a segment: only the records of this core',
  }),
  'as-epoch': unsigned64Flag({
    ...WITH_NEW,
    description: 'of a segment: only the records of this epoch',
    helpValue: 'EPOCH',
  }),
  without: textFlag({
    ...WITH_NEW,
    multiple: true,
    description: 'pass over this file or folder; may be given again',
    helpValue: 'FILE',
  }),
  'set-source': textFlag({
    ...WITH_NEW,
    multiple: true,
    description: 'say how many lines of a source were taken; may be given again',
    helpValue: 'NAME=N',
  }),
  'keep-sources': boolean({
    ...WITH_NEW,
    description: 'leave sources where the last commit has them, whatever is missing before it',
  }),
};

/** The wishes in a command's parsed `wishFlags`. @throws StatelogError `USAGE` for a source without a number */
export function wishesOf(flags: {
  readonly 'base-checkpoint'?: bigint | undefined;
  readonly 'as-core'?: number | undefined;
  readonly 'as-epoch'?: bigint | undefined;
  readonly without?: string[] | undefined;
  readonly 'set-source'?: string[] | undefined;
  readonly 'keep-sources': boolean;
}): RepairWishes {
  return {
    baseCheckpoint: flags['base-checkpoint'],
    asCore: flags['as-core'],
    asEpoch: flags['as-epoch'],
    without: flags.without,
    sources: { keep: flags['keep-sources'], set: new Map((flags['set-source'] ?? []).map(sourceOf)) },
  };
}

function sourceOf(text: string): [name: string, position: bigint] {
  const at = text.lastIndexOf('=');
  const position = at < 1 ? undefined : parseIntegerWithin(text.slice(at + 1), 0n, UNSIGNED_64_MAX);
  if (position === undefined) throw usageError(`--set-source takes NAME=N, such as orders=1000, not ${text}`);
  return [text.slice(0, at), position];
}
