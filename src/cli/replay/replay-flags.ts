import type { Interfaces } from '@oclif/core';
import { boolean, custom } from '@oclif/core/flags';
import { FOLD_OPERATIONS, type FoldOperationName } from '../../engine/inspect/replay/fold-filter.js';
import {
  OPERATIONS,
  type OperationName,
  type ReplayFilterOptions,
} from '../../engine/inspect/replay/replay-filter.js';
import type { KeyFilterOptions } from '../../engine/inspect/replay/key-filter.js';
import { GROUPINGS, type Grouping } from '../../engine/inspect/replay/record-groups.js';
import { decodeArgument } from '../values/encoding.js';
import {
  countFlag,
  encodingFlags,
  encodingsOf,
  largeValuesFlag,
  lockFlags,
  pagerFlags,
  textFlag,
  timeFlag,
  unsigned64Flag,
  quietFlag,
} from '../command/flags.js';
import { usageError } from '../errors/usage-error.js';
import { redactFlags } from '../text/redaction.js';
import { aroundFlag, patternFlag, sequenceFlag } from './question-flags.js';
import type { Question } from './replay-question.js';

/** A core's id is a u16. */
const CORE_MAX = 0xffff;
const CONTEXT_DEFAULT = 3;
/** Their places are kept until the middle is found. */
const CONTEXT_MAX = 10_000;

/** An operation of either kind of log. */
export type AnyOperationName = OperationName | FoldOperationName;
const ANY_OPERATIONS: readonly AnyOperationName[] = [...new Set([...OPERATIONS, ...FOLD_OPERATIONS])];

const several = { multiple: true, multipleNonGreedy: true } as const;

/** The flags of `wal-replay`. */
export const replayFlags = {
  ...quietFlag,
  ...encodingFlags,
  ...redactFlags,
  ...pagerFlags,
  merge: boolean({
    description: 'in the order of epoch, time, core and sequence; --no-merge: as they lie',
    allowNo: true,
    default: true,
  }),
  together: boolean({
    description: 'the records of several PATHs in the order of time, instead of one PATH after the other',
  }),
  op: custom<AnyOperationName>({ description: 'only these operations', options: [...ANY_OPERATIONS] })({
    ...several,
  }),
  key: textFlag({ description: 'only puts and deletes of this key', helpValue: 'K', ...several }),
  prefix: textFlag({ description: 'only puts and deletes of keys that start with this', helpValue: 'P' }),
  grep: patternFlag({ description: 'only puts and deletes whose key or value has a match', helpValue: 'RE' }),
  core: countFlag({ description: 'only records of these cores', greatest: CORE_MAX, ...several }),
  'from-epoch': unsigned64Flag({ description: 'only from this epoch on', helpValue: 'EPOCH' }),
  'to-epoch': unsigned64Flag({ description: 'only before this epoch', helpValue: 'EPOCH' }),
  'from-time': timeFlag({ description: 'only from this time on' }),
  'to-time': timeFlag({ description: 'only before this time' }),
  'from-offset': countFlag({ description: 'only from this byte of each segment on', helpValue: 'BYTE' }),
  'to-offset': countFlag({ description: 'only before this byte of each segment', helpValue: 'BYTE' }),
  'to-sequence': sequenceFlag({ description: 'only what comes before this record in merged order' }),
  limit: countFlag({ description: 'stop after so many records' }),
  last: boolean({ description: 'only the last of them; with --key the last of each, and the value before' }),
  reverse: boolean({ description: 'the newest first' }),
  around: aroundFlag({
    description: 'the record at a byte of the file, or of a core and a sequence, and those around it',
    exclusive: ['last', 'reverse', 'limit'],
  }),
  context: countFlag({
    description: `how many records before and behind --around (default: ${CONTEXT_DEFAULT})`,
    greatest: CONTEXT_MAX,
    dependsOn: ['around'],
  }),
  commits: boolean({
    description: 'only commits, and from where each source can go on so that nothing is missing',
    exclusive: ['op', 'limit', 'last', 'reverse', 'around', 'value-to', 'to-sequence'],
  }),
  'value-to': textFlag({
    description: 'write the value of the one record that matches to a file, as it is (- is standard output)',
    helpValue: 'FILE',
    exclusive: ['redact', 'hexdump'],
  }),
  stats: boolean({ description: 'sum up by operation, instead of printing records' }),
  by: custom<Grouping>({
    description: 'sum up by this, too: minutes, cores, epochs, or keys up to their first : / or .',
    options: [...GROUPINGS],
    dependsOn: ['stats'],
  })(),
  follow: boolean({ description: 'go on with what is written meanwhile, until Ctrl-C' }),
  hexdump: boolean({ description: 'the bytes of each record and fault too, field by field' }),
  into: textFlag({
    description: 'apply puts and deletes to a new store, instead of printing records; may be repeated',
    helpValue: 'DEST',
    ...several,
  }),
  'onto-existing': boolean({
    description: 'let --into write to a store that is there',
    dependsOn: ['into'],
  }),
  'skip-damage': boolean({ description: 'let --into go on behind damage', dependsOn: ['into'] }),
  ...lockFlags,
  ...largeValuesFlag,
};

/** The flags as they were parsed. */
export type ReplayFlags = Interfaces.InferredFlags<typeof replayFlags> & { readonly json: boolean };

/** Answers that need an end, and records to be shown. */
const QUESTIONS = ['last', 'reverse', 'around', 'commits', 'value-to'] as const;
const NOT_WITH_QUESTIONS = ['follow', 'into', 'stats'] as const;
/** A fold log has no cores, epochs or times; `import` makes a store of one. */
const FOR_SEGMENTS_ALONE = [
  'core',
  'from-epoch',
  'to-epoch',
  'from-time',
  'to-time',
  'to-sequence',
  'follow',
  'into',
  'commits',
] as const;

/** The question that the flags ask. @throws StatelogError `INVALID_ARGUMENT` where they do not go together */
export function questionOf(flags: ReplayFlags): Question {
  const asked = QUESTIONS.find((name) => isGiven(flags, name));
  const other = NOT_WITH_QUESTIONS.find((name) => isGiven(flags, name));
  if (asked !== undefined && other !== undefined)
    throw usageError(`--${asked} is about records to be shown, and does not go with --${other}`);
  if (flags.commits && !flags.merge)
    throw usageError('--commits takes records in the order of time: leave out --no-merge');
  if (flags['to-sequence'] !== undefined && (!flags.merge || flags.follow))
    throw usageError('--to-sequence ends records in merged order: leave out --no-merge and --follow');
  const { last, reverse, around, 'value-to': valueTo } = flags;
  const { context = valueTo === undefined ? CONTEXT_DEFAULT : 0 } = flags;
  return { last, reverse, around, context, valueTo };
}

/** Which keys are wanted. @throws StatelogError `INVALID_ARGUMENT` for one that is not in its encoding */
export function keyFilterOf(flags: ReplayFlags): {
  readonly keys: readonly Uint8Array[] | undefined;
  readonly prefix: Uint8Array | undefined;
  readonly pattern: RegExp | undefined;
} {
  const { key: encoding } = encodingsOf(flags);
  const bytesOf = (text: string, name: string): Uint8Array =>
    decodeArgument(text, encoding, name, '--key-encoding');
  return {
    keys: flags.key?.map((key) => bytesOf(key, '--key')),
    prefix: flags.prefix === undefined ? undefined : bytesOf(flags.prefix, '--prefix'),
    pattern: flags.grep,
  };
}

/** The keys and bytes that are wanted, of either kind of log. */
export function withinOf(
  flags: ReplayFlags,
): KeyFilterOptions & Pick<ReplayFilterOptions, 'fromOffset' | 'toOffset'> {
  return { ...keyFilterOf(flags), fromOffset: flags['from-offset'], toOffset: flags['to-offset'] };
}

/** The records that are wanted. @throws StatelogError `INVALID_ARGUMENT` */
export function wantedOf(flags: ReplayFlags): ReplayFilterOptions {
  return {
    ...withinOf(flags),
    operations: segmentOperationsOf(flags),
    cores: flags.core,
    fromEpoch: flags['from-epoch'],
    toEpoch: flags['to-epoch'],
    fromTimeNs: flags['from-time']?.timeNs,
    toTimeNs: flags['to-time']?.timeNs,
  };
}

/** @throws StatelogError `INVALID_ARGUMENT` for flags that say nothing of a fold log */
export function refuseForFold(flags: ReplayFlags): void {
  const other = FOR_SEGMENTS_ALONE.find((name) => isGiven(flags, name));
  if (other !== undefined)
    throw usageError(
      `--${other} is for write-ahead logs: a fold log has revisions, and no cores, epochs or times`,
    );
  if (flags.by !== undefined && flags.by !== 'prefix')
    throw usageError(
      `--by ${flags.by} is for write-ahead logs: a fold log has no such thing`,
      'it has --by prefix',
    );
  refuseOperations(flags, FOLD_OPERATIONS, 'a fold log');
}

/** The operations of write-ahead logs that are wanted. @throws StatelogError `INVALID_ARGUMENT` for one that no such log has */
function segmentOperationsOf(flags: ReplayFlags): readonly OperationName[] | undefined {
  refuseOperations(flags, OPERATIONS, 'a write-ahead log');
  return flags.op as readonly OperationName[] | undefined;
}

function refuseOperations(flags: ReplayFlags, known: readonly string[], what: string): void {
  const unknown = flags.op?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw usageError(`${what} has no ${unknown}`, `it has: ${known.join(', ')}`);
}

/** Flags that ask for records: what is no log has none. */
const FOR_RECORDS = [
  'op',
  'key',
  'prefix',
  'grep',
  ...FOR_SEGMENTS_ALONE,
  'limit',
  'last',
  'reverse',
  'stats',
  'value-to',
] as const;
/** Bytes to look at before and behind the byte of `--around` in a file that is no log. */
const AROUND_BYTES = 64;

/** The bytes of a file that is no log that the flags ask for; undefined where they ask for records. */
export function regionBoundsOf(
  flags: ReplayFlags,
): { readonly fromOffset: number; readonly toOffset: number } | undefined {
  const { around, 'from-offset': fromOffset = 0, 'to-offset': toOffset = Infinity } = flags;
  if (FOR_RECORDS.some((name) => isGiven(flags, name))) return undefined;
  if (around === undefined) return { fromOffset, toOffset };
  if (!('offset' in around)) return undefined;
  return { fromOffset: around.offset - AROUND_BYTES, toOffset: around.offset + 1 + AROUND_BYTES };
}

function isGiven(flags: ReplayFlags, name: keyof ReplayFlags): boolean {
  const value = flags[name];
  return value !== undefined && value !== false;
}
