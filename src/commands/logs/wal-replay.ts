import type { Interfaces } from '@oclif/core';
import { boolean, custom } from '@oclif/core/flags';
import { storeArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { decodeArgument } from '../../cli/command/encoding.js';
import { EXIT_CODES, worseExitCode, type ExitCode } from '../../cli/errors/exit-codes.js';
import { inputOf } from '../../cli/command/readable.js';
import { STANDARD_INPUT_NAME } from '../../engine/bytes/text/command-hints.js';
import {
  countFlag,
  encodingFlags,
  encodingsOf,
  largeValuesFlag,
  lockFlags,
  textFlag,
  timeFlag,
  unsigned64Flag,
} from '../../cli/command/flags.js';
import { redactFlags } from '../../cli/text/redaction.js';
import { runInterruptibly } from '../../cli/program/interruptible.js';
import type { RecordDump } from '../../cli/output/records/record-dump.js';
import { recordOutput } from '../../cli/output/records/record-output.js';
import { runReplay, type Interruption, type ReplayWork } from '../../cli/replay/replay-run.js';
import { writeReplayStats } from '../../cli/output/records/replay-stats-output.js';
import { usageError } from '../../cli/errors/usage-error.js';
import { formatTime } from '../../engine/bytes/text/time-text.js';
import type { ReplayBase, ReplayBounds } from '../../engine/inspect/replay/replay-base.js';
import { OPERATIONS, ReplayFilter, type OperationName } from '../../engine/inspect/replay/replay-filter.js';
import { ReplayStats } from '../../engine/inspect/replay/replay-stats.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';

/** A core's id is a u16. */
const CORE_MAX = 0xffff;

/** A fold log has no cores, epochs or times; `import` makes a store of one. */
const FOR_SEGMENTS_ALONE = [
  'core',
  'from-epoch',
  'to-epoch',
  'from-time',
  'to-time',
  'stats',
  'follow',
  'into',
] as const;

/** The flags that say how records are read and what becomes of them. */
interface RunFlags {
  readonly follow: boolean;
  readonly merge: boolean;
  readonly into: readonly string[] | undefined;
  readonly 'onto-existing': boolean;
  readonly wait: number;
  readonly 'large-values': boolean;
  readonly json: boolean;
  /** The bytes of --prefix. */
  readonly prefixBytes: Uint8Array | undefined;
  readonly bounds: ReplayBounds | undefined;
}

/** The flags of `--into`, and the state to start from, once the source is open. */
interface IntoFlags extends RunFlags {
  readonly base: ReplayBase | undefined;
}

/** Filters that ask for a part of the records: what they leave goes on from nothing. */
const FOR_A_PART = ['op', 'core', 'from-epoch', 'from-time', 'from-offset', 'limit'] as const;

type Flags = Interfaces.InferredFlags<typeof WalReplay.flags> & { readonly json: boolean };

/** `wal-replay PATH…`: shows the records of write-ahead logs, sums them up, or applies them elsewhere. */
export default class WalReplay extends StatelogCommand {
  static override summary = 'the records of write-ahead logs, in merged order';
  static override strict = false;
  static override args = { path: storeArgument };
  static override flags = {
    ...encodingFlags,
    ...redactFlags,
    merge: boolean({
      description: 'in the order of epoch, time, core and sequence; --no-merge: as they lie',
      allowNo: true,
      default: true,
    }),
    op: custom<OperationName>({ description: 'only these operations', options: [...OPERATIONS] })({
      multiple: true,
    }),
    prefix: textFlag({ description: 'only puts and deletes of keys that start with this', helpValue: 'P' }),
    core: countFlag({ description: 'only records of these cores', greatest: CORE_MAX, multiple: true }),
    'from-epoch': unsigned64Flag({ description: 'only from this epoch on', helpValue: 'EPOCH' }),
    'to-epoch': unsigned64Flag({ description: 'only before this epoch', helpValue: 'EPOCH' }),
    'from-time': timeFlag({ description: 'only from this time on' }),
    'to-time': timeFlag({ description: 'only before this time' }),
    'from-offset': countFlag({ description: 'only from this byte of each segment on', helpValue: 'BYTE' }),
    limit: countFlag({ description: 'stop after so many records' }),
    stats: boolean({ description: 'sum up by operation, instead of printing records' }),
    follow: boolean({ description: 'go on with what is written meanwhile, until Ctrl-C' }),
    hexdump: boolean({ description: 'the bytes of each record and fault too, field by field' }),
    into: textFlag({
      description: 'apply puts and deletes to a new store, instead of printing records; may be repeated',
      helpValue: 'DEST',
      multiple: true,
    }),
    'onto-existing': boolean({
      description: 'let --into write to a store that is there',
      dependsOn: ['into'],
    }),
    'skip-damage': boolean({ description: 'let --into go on behind damage', dependsOn: ['into'] }),
    ...lockFlags,
    ...largeValuesFlag,
  };

  override async run(): Promise<ExitCode> {
    const { argv, flags } = await this.parse(WalReplay);
    const paths = argv as string[];
    const [first, ...others] = paths;
    if (first === undefined) throw usageError('PATH is missing', 'run: statelog wal-replay --help');
    if (flags.follow && (others.length > 0 || first === STANDARD_INPUT_NAME))
      throw usageError('--follow is for one PATH');
    let worst = await this.#replayInput(first, flags);
    // What was made of the first is there for the others.
    for (const path of others)
      worst = worseExitCode(worst, await this.#replayInput(path, { ...flags, 'onto-existing': true }));
    return worst;
  }

  /** Reads a followed log as it lies; all else through gzip, and from standard input, too. */
  async #replayInput(path: string, flags: Flags): Promise<ExitCode> {
    if (flags.follow) {
      const { realFileSystem } = await import('../../engine/storage-io/real/real-file-system.js');
      return this.#replayPath(realFileSystem(), path, flags);
    }
    const [{ readingOnFileSystem }, input] = await Promise.all([
      import('../../engine/storage-io/views/reading-on-file-system.js'),
      inputOf(path, this.terminal),
    ]);
    try {
      const exitCode = await this.#replayPath(readingOnFileSystem(input.fileSystem), path, flags);
      for (const finding of input.findings) this.notice(finding);
      return input.findings.length === 0 ? exitCode : EXIT_CODES.damage;
    } finally {
      input.close();
    }
  }

  async #replayPath(fileSystem: FileSystem, path: string, flags: Flags): Promise<ExitCode> {
    const encodings = encodingsOf(flags);
    const prefix =
      flags.prefix === undefined
        ? undefined
        : decodeArgument(flags.prefix, encodings.key, '--prefix', '--key-encoding');
    const filter = new ReplayFilter({
      operations: flags.op,
      prefix,
      cores: flags.core,
      fromEpoch: flags['from-epoch'],
      toEpoch: flags['to-epoch'],
      fromTimeNs: flags['from-time']?.timeNs,
      toTimeNs: flags['to-time']?.timeNs,
      fromOffset: flags['from-offset'],
    });
    if (flags.follow && !flags.merge)
      throw usageError('--follow shows records as they come: leave out --no-merge');
    const { identify } = await import('../../engine/inspect/identify.js');
    const { redact } = flags;
    const dump = flags.hexdump ? await this.#dump(fileSystem, path, redact) : undefined;
    if (identify(fileSystem, path).kind === 'log') {
      const other = FOR_SEGMENTS_ALONE.find((name) => flags[name] !== undefined && flags[name] !== false);
      if (other !== undefined) throw usageError(`--${other} is for write-ahead logs, not for a fold log`);
      const { replayFold } = await import('../../cli/replay/fold-replay.js');
      return replayFold(this.terminal, fileSystem, path, {
        encodings,
        json: flags.json,
        redact,
        operations: flags.op,
        prefix,
        fromOffset: flags['from-offset'] ?? 0,
        limit: flags.limit ?? Infinity,
        dump,
      });
    }
    const output = recordOutput(this.terminal, { encodings, json: flags.json, redact, dump });
    const isPrinted = !flags.stats && flags.into === undefined;
    this.#sayBounds(flags);
    return this.#replay(
      fileSystem,
      path,
      { ...flags, prefixBytes: prefix, bounds: boundsOf(flags) },
      {
        filter,
        limit: flags.limit ?? Infinity,
        printed: isPrinted ? output : undefined,
        findings: output,
        stats: flags.stats ? new ReplayStats() : undefined,
        skipDamage: flags['skip-damage'],
      },
    );
  }

  /** Says which moments were meant, where this host's clock or time zone decided it. */
  #sayBounds(flags: Flags): void {
    const bounds = (['from-time', 'to-time'] as const).flatMap((name) => {
      const moment = flags[name];
      return moment?.isOfHere === true ? [`--${name} is ${formatTime(moment.timeNs)}`] : [];
    });
    if (bounds.length > 0) this.say(bounds.join(', '));
  }

  async #dump(fileSystem: FileSystem, path: string, redact: boolean): Promise<RecordDump> {
    const { RecordDump: Dump } = await import('../../cli/output/records/record-dump.js');
    return Dump.to(this.terminal, fileSystem, path, { redact });
  }

  async #replay(
    fileSystem: FileSystem,
    path: string,
    flags: RunFlags,
    task: Omit<ReplayWork, 'source' | 'changes' | 'into'>,
  ): Promise<ExitCode> {
    const { openFollow, openReplay } = await import('../../cli/replay/replay-source.js');
    const { source, base, changes, description, close } = flags.follow
      ? await openFollow(fileSystem, path)
      : await openReplay(fileSystem, path, {
          filter: task.filter,
          isMerged: flags.merge || flags.into !== undefined,
          bounds: flags.bounds,
        });
    try {
      if (description !== undefined) this.say(description);
      return await this.#run(path, { ...task, source, changes }, { ...flags, base });
    } finally {
      close();
    }
  }

  /** Prints the sums at the end, or when told to stop. */
  async #run(source: string, work: Omit<ReplayWork, 'into'>, flags: IntoFlags): Promise<ExitCode> {
    const { stats, changes } = work;
    const run = await this.#runner(source, work, flags);
    if (stats === undefined && changes === undefined) return run({ isOver: false });
    const writeSums = async (isComplete: boolean): Promise<void> => {
      if (stats === undefined) await this.terminal.output.flush();
      else await writeReplayStats(this.terminal, stats, { json: flags.json, isComplete });
    };
    const exitCode = await runInterruptibly(run, {
      wake: () => changes?.wake(),
      abandonOutput: () => {
        this.terminal.output.abandon();
      },
      isWaitedFor: flags.into !== undefined,
      last: () => writeSums(false),
    });
    await writeSums(true);
    return exitCode;
  }

  /** Destinations are opened before signals are waited for: one that comes while a lock is waited for ends all at once. */
  async #runner(
    source: string,
    work: Omit<ReplayWork, 'into'>,
    flags: IntoFlags,
  ): Promise<(interruption: Interruption) => Promise<ExitCode>> {
    const { into, wait, json, base, prefixBytes: prefix } = flags;
    const { 'large-values': largeValues, 'onto-existing': isOntoExisting } = flags;
    if (into === undefined) {
      return (interruption) => runReplay(this.terminal, { ...work, into: undefined }, interruption);
    }
    const [{ runReplayInto }, { openDestinations }] = await Promise.all([
      import('../../cli/replay/replay-into-stores.js'),
      import('../../engine/inspect/replay/replay-destinations.js'),
    ]);
    const stores = await openDestinations(into, { source, isOntoExisting, largeValues, waitMs: wait });
    for (const { notices } of stores) for (const notice of notices) this.notice(notice);
    return (interruption) => runReplayInto(this.terminal, work, interruption, { stores, json, base, prefix });
  }
}

/** The point up to which a new store is made as the old one was; undefined where records alone are wanted. */
function boundsOf(flags: Flags): ReplayBounds | undefined {
  const { 'to-time': toTime, 'to-epoch': toEpoch, into } = flags;
  if (into === undefined || flags['onto-existing'] || flags.follow) return undefined;
  if (toTime === undefined && toEpoch === undefined) return undefined;
  if (FOR_A_PART.some((name) => flags[name] !== undefined)) return undefined;
  return { toTimeNs: toTime?.timeNs, toEpoch };
}
