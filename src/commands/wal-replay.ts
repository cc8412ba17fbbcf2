import { boolean, custom } from '@oclif/core/flags';
import { storeArgument } from '../cli/arguments.js';
import { StatelogCommand } from '../cli/base-command.js';
import { decodeArgument } from '../cli/encoding.js';
import type { ExitCode } from '../cli/exit-codes.js';
import {
  countFlag,
  encodingFlags,
  encodingsOf,
  lockFlags,
  textFlag,
  timeFlag,
  unsigned64Flag,
} from '../cli/flags.js';
import { onInterrupt } from '../cli/interrupt.js';
import { redactFlags } from '../cli/redaction.js';
import type { RecordDump } from '../cli/record-dump.js';
import { recordOutput } from '../cli/record-output.js';
import { runReplay, type Interruption, type ReplayWork } from '../cli/replay-run.js';
import { writeReplayStats } from '../cli/replay-stats-output.js';
import { usageError } from '../cli/usage-error.js';
import { OPERATIONS, ReplayFilter, type OperationName } from '../engine/inspect/replay-filter.js';
import type { ReplayInto } from '../engine/inspect/replay-into.js';
import { ReplayStats } from '../engine/inspect/replay-stats.js';
import type { FileSystem } from '../engine/storage-io/file-system.js';
import type { ReplayLog } from '../engine/inspect/replay-logs.js';

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
  'into',
] as const;

const STAYS: Interruption = { isOver: false };

/** `wal-replay PATH`: shows the records of write-ahead logs, sums them up, or applies them elsewhere. */
export default class WalReplay extends StatelogCommand {
  static override summary = 'the records of write-ahead logs, in merged order';
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
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(WalReplay);
    const encodings = encodingsOf(flags);
    const { prefix } = flags;
    const filter = new ReplayFilter({
      operations: flags.op,
      prefix:
        prefix === undefined
          ? undefined
          : decodeArgument(prefix, encodings.key, '--prefix', '--key-encoding'),
      cores: flags.core,
      fromEpoch: flags['from-epoch'],
      toEpoch: flags['to-epoch'],
      fromTimeNs: flags['from-time'],
      toTimeNs: flags['to-time'],
      fromOffset: flags['from-offset'],
    });
    const { into: destinations = [] } = flags;
    const [{ identify }, { findLogs }, { Replay }, { realFileSystem }] = await Promise.all([
      import('../engine/inspect/identify.js'),
      import('../engine/inspect/replay-logs.js'),
      import('../engine/inspect/replay.js'),
      import('../engine/storage-io/real-file-system.js'),
    ]);
    const fileSystem = realFileSystem();
    const { redact } = flags;
    const dump = flags.hexdump ? await this.#dump(fileSystem, redact) : undefined;
    if (identify(fileSystem, args.path).kind === 'log') {
      const other = FOR_SEGMENTS_ALONE.find((name) => flags[name] !== undefined && flags[name] !== false);
      if (other !== undefined) throw usageError(`--${other} is for write-ahead logs, not for a fold log`);
      const { replayFold } = await import('../cli/fold-replay.js');
      return replayFold(this.terminal, fileSystem, args.path, {
        encodings,
        json: flags.json,
        redact,
        operations: flags.op,
        prefix:
          prefix === undefined
            ? undefined
            : decodeArgument(prefix, encodings.key, '--prefix', '--key-encoding'),
        fromOffset: flags['from-offset'] ?? 0,
        limit: flags.limit ?? Infinity,
        dump,
      });
    }
    const logs = findLogs(fileSystem, args.path).filter(
      ({ epoch }) => epoch === undefined || filter.mayTakeEpoch(epoch),
    );
    this.#sayLogs(logs);
    const replay = new Replay(fileSystem, logs, flags.merge || destinations.length > 0);
    const output = recordOutput(this.terminal, { encodings, json: flags.json, redact, dump });
    const work = {
      source: replay,
      filter,
      limit: flags.limit ?? Infinity,
      printed: flags.stats || destinations.length > 0 ? undefined : output,
      findings: output,
      stats: flags.stats ? new ReplayStats() : undefined,
      skipDamage: flags['skip-damage'],
    };
    const isOntoExisting = flags['onto-existing'];
    try {
      return destinations.length === 0
        ? await this.#withStats({ ...work, into: undefined }, flags.json)
        : await this.#replayInto(work, {
            destinations,
            isOntoExisting,
            waitMs: flags.wait,
            json: flags.json,
          });
    } finally {
      replay.close();
    }
  }

  async #dump(fileSystem: FileSystem, redact: boolean): Promise<RecordDump> {
    const { RecordDump: Dump } = await import('../cli/record-dump.js');
    return Dump.to(this.terminal, fileSystem, { redact });
  }

  /** Says which logs of a state directory are read. */
  #sayLogs(logs: readonly ReplayLog[]): void {
    const named = logs.flatMap(({ epoch, isLive }) =>
      epoch === undefined ? [] : [`${epoch}${isLive ? ' (live)' : ''}`],
    );
    if (named.length > 0) this.say(`reading the log of epoch ${named.join(', ')}`);
  }

  async #replayInto(
    work: Omit<ReplayWork, 'into'>,
    options: {
      readonly destinations: readonly string[];
      readonly isOntoExisting: boolean;
      readonly waitMs: number;
      readonly json: boolean;
    },
  ): Promise<ExitCode> {
    const [{ openDestinations }, { ReplayInto: Into }] = await Promise.all([
      import('../engine/inspect/replay-destinations.js'),
      import('../engine/inspect/replay-into.js'),
    ]);
    const stores = await openDestinations(options.destinations, options);
    try {
      for (const { notices } of stores) for (const finding of notices) this.notice(finding);
      const into = new Into(stores);
      try {
        return await this.#withStats({ ...work, into }, options.json);
      } finally {
        await into.settle();
        this.#writeApplied(into, options.json);
      }
    } finally {
      for (const store of stores) store.close();
    }
  }

  #writeApplied(into: ReplayInto, json: boolean): void {
    const { output } = this.terminal;
    for (const applied of into.applied) {
      const { path, puts, deletes } = applied;
      output.writeText(
        json ? `${JSON.stringify({ applied })}\n` : `${path}: applied ${puts} puts and ${deletes} deletes\n`,
      );
    }
  }

  /** Prints the sums at the end, or when told to stop. */
  async #withStats(work: ReplayWork, json: boolean): Promise<ExitCode> {
    const { stats } = work;
    if (stats === undefined) return runReplay(this.terminal, work, STAYS);
    const interruption = { isOver: false };
    const dispose = onInterrupt(() => {
      interruption.isOver = true;
      return writeReplayStats(this.terminal, stats, { json, isComplete: false });
    });
    const exitCode = await runReplay(this.terminal, work, interruption).finally(() => {
      if (!interruption.isOver) dispose();
    });
    // The signal is about to end the process, once the sums are written.
    if (interruption.isOver) return new Promise(() => undefined);
    await writeReplayStats(this.terminal, stats, { json, isComplete: true });
    return exitCode;
  }
}
