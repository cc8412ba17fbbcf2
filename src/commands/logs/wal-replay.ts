import { storeArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { EXIT_CODES, worseExitCode, type ExitCode } from '../../cli/errors/exit-codes.js';
import { UNSIGNED_64_MAX } from '../../cli/values/integer-text.js';
import { inputOf } from '../../cli/command/readable.js';
import { STANDARD_INPUT_NAME } from '../../engine/bytes/text/command-hints.js';
import { encodingsOf } from '../../cli/command/flags.js';
import { ReplayCounter, runCounted } from '../../cli/replay/replay-counter.js';
import type { RecordDump } from '../../cli/output/records/record-dump.js';
import { recordOutput, type RecordOutputOptions } from '../../cli/output/records/record-output.js';
import {
  keyFilterOf,
  questionOf,
  regionBoundsOf,
  refuseForFold,
  replayFlags,
  wantedOf,
  withinOf,
  type ReplayFlags,
} from '../../cli/replay/replay-flags.js';
import { isQuestion } from '../../cli/replay/replay-question.js';
import type { Remarks } from '../../cli/replay/value-output.js';
import { runReplay, type Interruption, type ReplayWork } from '../../cli/replay/replay-run.js';
import { usageError } from '../../cli/errors/usage-error.js';
import { formatTime } from '../../engine/bytes/text/time-text.js';
import type { ReplayBase, ReplayBounds, SequencePlace } from '../../engine/inspect/replay/replay-base.js';
import { OPERATIONS, ReplayFilter } from '../../engine/inspect/replay/replay-filter.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';

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
  readonly 'to-sequence': SequencePlace | undefined;
}

/** The work to do with the records of a log, once that is open. */
type ReplayTask = Omit<ReplayWork, 'source' | 'changes' | 'into' | 'filter'> & {
  readonly filter: ReplayFilter;
  readonly counter: ReplayCounter | undefined;
};
type OpenedTask = Omit<ReplayTask, 'filter'> & Pick<ReplayWork, 'source' | 'changes' | 'filter'>;

/** The flags of `--into`, and the state to start from, once the source is open. */
interface IntoFlags extends RunFlags {
  readonly base: ReplayBase | undefined;
}

/** Filters that ask for a part of the records: what they leave goes on from nothing. */
const FOR_A_PART = [
  'op',
  'key',
  'grep',
  'core',
  'from-epoch',
  'from-time',
  'from-offset',
  'to-offset',
  'limit',
] as const;

/** `wal-replay PATH…`: shows the records of write-ahead logs, sums them up, or applies them elsewhere. */
export default class WalReplay extends StatelogCommand {
  static override summary = 'the records of write-ahead logs, in merged order';
  static override strict = false;
  static override args = { path: storeArgument };
  static override isReport = (flags: { readonly into?: unknown }): boolean => flags.into !== undefined;
  static override flags = replayFlags;

  override async run(): Promise<ExitCode> {
    const { argv, flags } = await this.parse(WalReplay);
    const paths = argv as string[];
    const [first, ...others] = paths;
    if (first === undefined) throw usageError('PATH is missing', 'run: statelog wal-replay --help');
    if (flags.follow && (others.length > 0 || first === STANDARD_INPUT_NAME))
      throw usageError('--follow is for one PATH');
    if (flags['value-to'] !== undefined && others.length > 0) throw usageError('--value-to is for one PATH');
    // What is followed has no end, and a value is for no screen.
    if (!flags.follow && flags.into === undefined && flags['value-to'] === undefined) await this.page(flags);
    if (flags.together) return this.#replayTogether(paths, flags);
    let worst = await this.#replayInput(first, flags);
    // What was made of the first is there for the others.
    for (const path of others)
      worst = worseExitCode(worst, await this.#replayInput(path, { ...flags, 'onto-existing': true }));
    return worst;
  }

  /** Reads a followed log as it lies; all else through gzip, and from standard input, too. */
  async #replayInput(path: string, flags: ReplayFlags): Promise<ExitCode> {
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

  async #replayPath(fileSystem: FileSystem, path: string, given: ReplayFlags): Promise<ExitCode> {
    const flags = await withEnd(fileSystem, path, given);
    const { json, redact, merge: isMerged, limit = Infinity } = flags;
    const question = questionOf(flags);
    if (flags.follow && !flags.merge)
      throw usageError('--follow shows records as they come: leave out --no-merge');
    if (flags.hexdump && (await this.#dumpsRegions(fileSystem, path, flags))) return EXIT_CODES.done;
    const log = await this.#foldAt(fileSystem, path);
    const dump = flags.hexdump ? await this.#dump(log?.fileSystem ?? fileSystem, path, redact) : undefined;
    const form = { encodings: encodingsOf(flags), json, redact, dump };
    if (log !== undefined) {
      refuseForFold(flags);
      const { replayFold } = await import('../../cli/replay/fold-replay.js');
      const filter = { ...withinOf(flags), operations: flags.op };
      const sums = flags.stats ? { by: flags.by } : undefined;
      const asked = { ...form, filter, limit, question, sums };
      return replayFold(this.terminal, log.fileSystem, log.path, asked, this.#remarks);
    }
    const wanted = wantedOf(flags);
    this.#sayBounds(flags);
    if (flags.commits) {
      const { replayCommits } = await import('../../cli/replay/commits-replay.js');
      return replayCommits(this.terminal, fileSystem, path, { ...form, filter: wanted }, this.#remarks);
    }
    if (isQuestion(question)) {
      const { askSegments } = await import('../../cli/replay/segment-replay.js');
      const asked = { ...form, filter: wanted, limit, question, isMerged, toSequence: flags['to-sequence'] };
      return askSegments(this.terminal, fileSystem, path, asked, this.#remarks);
    }
    const run = { ...flags, prefixBytes: keyFilterOf(flags).prefix, bounds: boundsOf(flags) };
    return this.#replay(fileSystem, path, run, this.#task(form, new ReplayFilter(wanted), flags));
  }

  /** The records of all paths as of one log. */
  async #replayTogether(paths: readonly string[], flags: ReplayFlags): Promise<ExitCode> {
    const { openTogether, refuseForTogether } = await import('../../cli/replay/together.js');
    refuseForTogether(flags);
    const filter = new ReplayFilter(wantedOf(flags));
    const form = { encodings: encodingsOf(flags), json: flags.json, redact: flags.redact, dump: undefined };
    this.#sayBounds(flags);
    const options = { filter, isMerged: true, bounds: undefined };
    const { source, changes, findings, close } = await openTogether(this.terminal, paths, options);
    try {
      const task = { ...this.#task(form, filter, flags), source, changes };
      const run = { ...flags, prefixBytes: keyFilterOf(flags).prefix, bounds: undefined, base: undefined };
      const exitCode = await this.#run(paths, task, run);
      for (const finding of findings) this.notice(finding);
      return findings.length === 0 ? exitCode : EXIT_CODES.damage;
    } finally {
      close();
    }
  }

  #task(form: RecordOutputOptions, filter: ReplayFilter, flags: ReplayFlags): ReplayTask {
    const { stats, by, json, limit = Infinity } = flags;
    const output = recordOutput(this.terminal, form);
    const isPrinted = !stats && flags.into === undefined;
    const { key: encoding } = form.encodings;
    const counter = stats ? new ReplayCounter(OPERATIONS, by, { json, hasTimes: true, encoding }) : undefined;
    const printed = isPrinted ? output : undefined;
    return {
      filter,
      limit,
      printed,
      findings: output,
      counter,
      taker: counter,
      skipDamage: flags['skip-damage'],
    };
  }

  readonly #remarks: Remarks = {
    say: (line) => {
      this.say(line);
    },
    notice: (finding) => {
      this.notice(finding);
    },
  };

  /** The fold log at a path, or in the artifact there; undefined for anything else. */
  async #foldAt(
    fileSystem: FileSystem,
    path: string,
  ): Promise<{ readonly fileSystem: FileSystem; readonly path: string } | undefined> {
    const { identify } = await import('../../engine/inspect/identify.js');
    const { kind } = identify(fileSystem, path);
    if (kind === 'log') return { fileSystem, path };
    if (kind !== 'artifact-folder' && kind !== 'artifact-tar') return undefined;
    const { foldOfArtifact } = await import('../../engine/inspect/replay/artifact-fold.js');
    return foldOfArtifact(fileSystem, path);
  }

  /** Says which moments were meant, where this host's clock or time zone decided it. */
  #sayBounds(flags: ReplayFlags): void {
    const bounds = (['from-time', 'to-time'] as const).flatMap((name) => {
      const moment = flags[name];
      return moment?.isOfHere === true ? [`--${name} is ${formatTime(moment.timeNs)}`] : [];
    });
    if (bounds.length > 0) this.say(bounds.join(', '));
  }

  /** Dumps what is no log. @returns false for a log */
  async #dumpsRegions(fileSystem: FileSystem, path: string, flags: ReplayFlags): Promise<boolean> {
    const bounds = regionBoundsOf(flags);
    if (bounds === undefined) return false;
    const dump = await this.#dump(fileSystem, path, flags.redact);
    const { dumpRegions } = await import('../../cli/replay/region-replay.js');
    return dumpRegions(this.terminal, fileSystem, path, { ...bounds, dump, json: flags.json });
  }

  async #dump(fileSystem: FileSystem, path: string, redact: boolean): Promise<RecordDump> {
    const { RecordDump: Dump } = await import('../../cli/output/records/record-dump.js');
    return Dump.to(this.terminal, fileSystem, path, { redact });
  }

  async #replay(fileSystem: FileSystem, path: string, flags: RunFlags, task: ReplayTask): Promise<ExitCode> {
    const { openFollow, openReplay } = await import('../../cli/replay/replay-source.js');
    const { source, base, changes, description, close } = flags.follow
      ? await openFollow(fileSystem, path)
      : await openReplay(fileSystem, path, {
          filter: task.filter,
          isMerged: flags.merge || flags.into !== undefined,
          bounds: flags.bounds,
          toSequence: flags['to-sequence'],
        });
    try {
      if (description !== undefined) this.say(description);
      return await this.#run([path], { ...task, source, changes }, { ...flags, base });
    } finally {
      close();
    }
  }

  /** Prints the sums at the end, or when told to stop. */
  async #run(sources: readonly string[], work: OpenedTask, flags: IntoFlags): Promise<ExitCode> {
    const { counter, changes } = work;
    const run = await this.#runner(sources, work, flags);
    if (counter === undefined && changes === undefined) return run({ isOver: false });
    const wake = (): void => changes?.wake();
    return runCounted(this.terminal, run, { counter, wake, isWaitedFor: flags.into !== undefined });
  }

  /** Destinations are opened before signals are waited for: one that comes while a lock is waited for ends all at once. */
  async #runner(
    sources: readonly string[],
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
    const stores = await openDestinations(into, { sources, isOntoExisting, largeValues, waitMs: wait });
    for (const { notices } of stores) for (const notice of notices) this.notice(notice);
    const options = { stores, json, base, prefix, areNew: !isOntoExisting };
    return (interruption) => runReplayInto(this.terminal, work, interruption, options);
  }
}

/** The point up to which a new store is made as the old one was; undefined where records alone are wanted. */
function boundsOf(flags: ReplayFlags): ReplayBounds | undefined {
  const { 'to-time': toTime, 'to-epoch': toEpoch, 'to-sequence': toSequence, into } = flags;
  if (into === undefined || flags['onto-existing'] || flags.follow) return undefined;
  if (toTime === undefined && toEpoch === undefined && toSequence === undefined) return undefined;
  if (FOR_A_PART.some((name) => flags[name] !== undefined)) return undefined;
  return { toTimeNs: toTime?.timeNs, toEpoch, toSequence };
}

/** The flags, where a store is made up to a byte of its live log, with the record there. */
async function withEnd(fileSystem: FileSystem, path: string, flags: ReplayFlags): Promise<ReplayFlags> {
  const { into, follow, 'to-offset': offset } = flags;
  if (into === undefined || offset === undefined || follow) return flags;
  const { identify } = await import('../../engine/inspect/identify.js');
  if (identify(fileSystem, path).kind !== 'directory') return flags;
  const { recordAtOffset } = await import('../../engine/inspect/replay/record-at-offset.js');
  const end = recordAtOffset(fileSystem, path, offset) ?? { coreId: 0, sequence: UNSIGNED_64_MAX };
  return { ...flags, 'to-offset': undefined, 'to-sequence': end };
}
