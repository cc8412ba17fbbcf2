import { boolean, string } from '@oclif/core/flags';
import { textArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { countedText } from '../../cli/text/counted-text.js';
import { visibleText } from '../../cli/terminal/shown/visible-text.js';
import { byteInput } from '../../cli/terminal/byte-input.js';
import { STANDARD_INPUT_NAME } from '../../engine/bytes/text/command-hints.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import {
  countFlag,
  dropFlags,
  largeValuesFlag,
  lockFlags,
  lossesOf,
  quietFlag,
} from '../../cli/command/flags.js';
import { limitRateFlag } from '../../cli/remote/transfer-flags.js';
import { isUrl } from '../../cli/values/url-text.js';
import type { Terminal } from '../../cli/terminal/terminal.js';
import type { ImportTask } from '../../cli/program/in-thread.js';
import { usageError } from '../../cli/errors/usage-error.js';
import type { OntoRequest } from '../../engine/transfer/import-increment.js';
import type { RemoteMoment } from '../../cli/remote/remote-input.js';
import type { ImportReport, ImportRequest } from '../../engine/transfer/import-store.js';

/** `import SRC STORE`: a new store of an artifact, a stream, or another system's files. */
export default class Import extends StatelogCommand {
  static override summary =
    'make a store of an artifact, a stream (-), a fold log, a LaminarDB state file or WAL folder';
  static override args = {
    source: textArgument({
      required: true,
      description: 'a path, a URL, or - for a tar or NDJSON on standard input',
    }),
    store: textArgument({ description: 'the new store' }),
  };
  static override urlArguments = ['source'];
  static override isReport = true;
  static override flags = {
    ...quietFlag,
    kind: string({ description: "which kind (default: the source's)", options: ['directory', 'log'] }),
    cores: countFlag({
      description: "shards of a state directory (default: the source's)",
      least: 1,
      greatest: 1024,
    }),
    expect: string({ description: 'refuse any other content than that of this digest', helpValue: 'DIGEST' }),
    ...dropFlags,
    ...largeValuesFlag,
    ...limitRateFlag,
    at: string({
      description: 'of a URL: an earlier moment that is kept there, as list --chain names it',
      helpValue: 'EPOCH|CURSOR',
      helpGroup: 'BUCKET',
    }),
    onto: string({
      description: 'apply an increment (export --since) to this store, which must stand where it starts',
      helpValue: 'STORE',
    }),
    ...lockFlags,
    'dry-run': boolean({ description: 'verify all, judge the destination, and make nothing' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Import);
    const { expect } = flags;
    if (expect !== undefined && !/^[0-9a-fA-F]{64}$/.test(expect))
      throw usageError('--expect takes 64 hex digits');
    const isStandardInput = args.source === STANDARD_INPUT_NAME;
    const isRemote = isUrl(args.source);
    const isStream = isStandardInput || isRemote || (await isPipe(args.source));
    const destination = flags.onto ?? args.store;
    if (destination === undefined || (flags.onto !== undefined && args.store !== undefined))
      throw usageError(
        'one store is named',
        'import SRC NEW makes one, import INCREMENT --onto STORE changes one',
      );
    if (flags.onto !== undefined && (flags.kind !== undefined || flags.cores !== undefined))
      throw usageError('the store has its kind and its cores already', 'leave out --kind and --cores');
    if (flags.at !== undefined && !isRemote)
      throw usageError(
        'only a URL keeps earlier moments',
        "'statelog export STORE --at EPOCH' looks back in a store",
      );
    if (flags.onto !== undefined && isRemote)
      throw usageError('what is at a URL becomes a new store', 'leave out --onto, and name a new one');
    const task = {
      source: isStandardInput ? 'standard input' : args.source,
      destination,
      kind: flags.kind as 'directory' | 'log' | undefined,
      cores: flags.cores,
      expect,
      ...lossesOf(flags),
      largeValues: flags['large-values'],
      dryRun: flags['dry-run'],
    };
    const input = isRemote ? await this.#moment(args.source, flags) : undefined;
    const stream = isStream && !isRemote ? byteInput(args.source, this.terminal) : undefined;
    const hear = isRemote ? await this.#sayWhatIsKept() : () => undefined;
    const { notices, ...report } = await (
      flags.onto !== undefined
        ? importIncrement({ ...task, stream, waitMs: flags.wait })
        : isStream
          ? importStream({ ...task, stream }, input)
          : importPath(task, this.terminal)
    ).finally(hear);
    for (const finding of notices) this.notice(finding);
    const { path, kind, keys, digest } = report;
    const text = flags.json
      ? JSON.stringify({ ...report, ...(flags['dry-run'] ? { dryRun: true } : {}) })
      : `${visibleText(path)}: ${kind}, ${countedText(keys, 'key')}, digest ${digest}${flags['dry-run'] ? ', not made' : ''}`;
    this.terminal.output.writeText(`${text}\n`);
    await this.terminal.output.flush();
    return EXIT_CODES.done;
  }

  /** Says at a signal where what was fetched stays. */
  async #sayWhatIsKept(): Promise<() => void> {
    const [{ onInterrupt }, { keptPaths }] = await Promise.all([
      import('../../cli/program/interrupt.js'),
      import('../../engine/storage-io/whole/staged-paths.js'),
    ]);
    return onInterrupt(() => {
      for (const path of keptPaths())
        this.terminal.writeError(
          `statelog: interrupted; what was fetched stays in ${visibleText(path)}; run it again: it goes on where it stopped\n`,
        );
    });
  }

  async #moment(
    url: string,
    {
      at,
      'limit-rate': limitRate,
    }: { readonly at: string | undefined; readonly 'limit-rate': number | undefined },
  ): Promise<RemoteMoment> {
    const { remoteMoment } = await import('../../cli/remote/remote-input.js');
    return remoteMoment(url, this.terminal, { at, limitRate });
  }
}

async function importIncrement(task: OntoRequest): Promise<ImportReport> {
  const { importOnto } = await import('../../engine/transfer/import-increment.js');
  return importOnto(task);
}

async function importPath(task: ImportTask, terminal: Terminal): Promise<ImportReport> {
  const { runJob } = await import('../../cli/program/in-thread.js');
  return runJob('import', task, task.source, terminal);
}

async function importStream(
  task: ImportTask & Pick<ImportRequest, 'stream'>,
  moment: RemoteMoment | undefined,
): Promise<ImportReport> {
  const { importChain } = await import('../../engine/transfer/import-store.js');
  return importChain(task, moment?.chain, moment?.download);
}

/** A FIFO, `<(…)` or `/dev/stdin` is read like standard input. */
async function isPipe(path: string): Promise<boolean> {
  const { realFileSystem } = await import('../../engine/storage-io/real/real-file-system.js');
  const kind = realFileSystem().statusFollowing(path)?.kind;
  return kind === 'fifo' || kind === 'socket';
}
