import { boolean, string } from '@oclif/core/flags';
import { storeArgument, textArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { countedText } from '../../cli/text/counted-text.js';
import { visibleText } from '../../cli/terminal/shown/visible-text.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { dropFlags, largeValuesFlag, lossesOf, unsigned64Flag, quietFlag } from '../../cli/command/flags.js';
import { destinationForm } from '../../cli/command/export-form.js';
import { hasSourceDate, sourceDate } from '../../cli/values/source-date.js';
import { isUrl } from '../../cli/values/url-text.js';
import { publishFlags } from '../../cli/remote/transfer-flags.js';
import type { ExtendReport, PublishTask } from '../../cli/remote/publish-export.js';
import { usageError } from '../../cli/errors/usage-error.js';
import type { ExportTask } from '../../cli/program/in-thread.js';
import type { ExportRequest } from '../../engine/transfer/export-store.js';
import type { ExportForm, ExportReport } from '../../engine/transfer/prepared-export.js';
import { StatelogError } from '../../engine/errors.js';
import type { Finding } from '../../engine/finding.js';
import type { ReportFile } from '../../engine/transfer/report-file.js';

const STANDARD_OUTPUT_NAME = '-';

/** `export STORE DEST`: an artifact, complete or not there. */
export default class Export extends StatelogCommand {
  static override summary = 'export a snapshot to a folder, a *.tar, a URL, or - (a tar stream)';
  static override args = {
    store: storeArgument,
    destination: textArgument({
      required: true,
      description: 'a new folder or tar, a URL, or - for a tar on standard output',
    }),
  };
  static override urlArguments = ['destination'];
  static override flags = {
    ...quietFlag,
    as: string({
      description: "in which form (default: the store's kind)",
      options: ['append-log', 'mmap-state', 'ndjson'],
    }),
    at: unsigned64Flag({ description: 'as the checkpoint of this epoch has it', helpValue: 'EPOCH' }),
    since: string({
      description:
        'only what changed after this checkpoint, cursor or earlier increment, as NDJSON; to a URL also: last',
      helpValue: 'EPOCH|CURSOR|FILE',
    }),
    ...largeValuesFlag,
    ...dropFlags,
    ...publishFlags,
    scope: string({
      description:
        "say in a fold's artifact that it holds the keys with this prefix (repeatable; '' for all)",
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PREFIX',
      helpGroup: 'FOLD LOG',
    }),
    redact: boolean({ hidden: true, description: 'refused: it could not be imported' }),
    report: string({
      description: 'write the report to this file, device or FIFO (- for where the text would be said)',
      helpValue: 'FILE',
    }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Export);
    if (flags.redact) {
      throw usageError(
        'an export without its values could not be imported',
        `'statelog scan ${args.store} --redact --json' shows what is there without them`,
      );
    }
    const isStream = args.destination === STANDARD_OUTPUT_NAME;
    if (isStream && this.terminal.outputIsTerminal) {
      throw usageError('a snapshot is not written to a terminal', 'redirect it, or name a folder or a .tar');
    }
    const isRemote = isUrl(args.destination);
    const asked = flags.as as ExportForm | undefined;
    const { as, form } = isRemote
      ? { as: asked, form: 'tar' as const }
      : destinationForm(args.store, args.destination, asked);
    if (
      flags.since !== undefined &&
      (isRemote ? as !== undefined : as !== 'ndjson' && !(isStream && as === undefined))
    )
      throw usageError(
        'what changed is exported as NDJSON',
        isRemote ? 'leave out --as' : 'name a DEST that ends in .ndjson, or -, or a URL',
      );
    const report = await reportFileOf(flags.report, args.store, args.destination);
    const request = {
      source: args.store,
      as,
      ...lossesOf(flags),
      at: flags.at,
      since: flags.since,
      largeValues: flags['large-values'],
      scope: flags.scope,
      createdAtUnix: sourceDate(),
    };
    const outcome = isStream
      ? await this.#stream(request)
      : isRemote
        ? await this.#publish({
            ...request,
            url: args.destination,
            keepTime: hasSourceDate(),
            limitRate: flags['limit-rate'],
            nonAtomic: flags['non-atomic'],
          })
        : await this.#write({ ...request, destination: args.destination, form });
    const isAskedFor = flags.report === STANDARD_OUTPUT_NAME;
    const isTold = isAskedFor || !flags.quiet;
    await this.#report(outcome, report, { isStream, isTold, json: flags.json || isAskedFor });
    return EXIT_CODES.done;
  }

  async #write(task: Omit<ExportTask, 'scratchBeside'>): Promise<ExportReport> {
    const { runJob } = await import('../../cli/program/in-thread.js');
    const { source, destination } = task;
    const written = { ...task, scratchBeside: destination };
    const isIncrementOnFile = await this.#isIncrementOnFile(task);
    const quick = isIncrementOnFile ? await this.#writeAtHand(written) : undefined;
    if (quick !== undefined) return quick;
    const job = { ...written, isNotAtHand: isIncrementOnFile };
    const { report, notices } = await runJob('export', job, source, this.terminal);
    for (const finding of notices) this.notice(finding);
    return report;
  }

  /** True where an earlier increment says what the store held. */
  async #isIncrementOnFile({ since }: ExportRequest): Promise<boolean> {
    const { isPositionText } = await import('../../engine/transfer/increment/increment-sides.js');
    return since !== undefined && !isPositionText(since);
  }

  /** Writes here an increment that is in memory already: a thread would only cost time. */
  async #writeAtHand(task: ExportTask): Promise<ExportReport | undefined> {
    const { prepareAtHand } = await import('../../engine/transfer/export-store.js');
    const prepared = prepareAtHand(task);
    try {
      if (prepared === undefined) return undefined;
      for (const finding of prepared.notices) this.notice(finding);
      return prepared.writeTo(task.destination, task.form);
    } finally {
      prepared?.close();
    }
  }

  async #publish(task: PublishTask): Promise<ExportReport | ExtendReport> {
    const { extendExport, publishExport } = await import('../../cli/remote/publish-export.js');
    const { since } = task;
    const onNotice = (finding: Finding): void => {
      this.notice(finding);
    };
    if (since !== undefined) return extendExport({ ...task, since }, onNotice);
    return publishExport(task, this.terminal, onNotice);
  }

  /** @throws StatelogError `IO_FAILED` where the receiver went away before the end: what it has is no export */
  async #stream(request: ExportRequest): Promise<ExportReport> {
    const { prepareExport } = await import('../../engine/transfer/export-store.js');
    const { output } = this.terminal;
    const prepared = prepareExport(request);
    try {
      for (const finding of prepared.notices) this.notice(finding);
      for (const chunk of prepared.chunks()) {
        output.write(chunk);
        if (!(await output.flush())) throw receiverGone();
      }
      return { path: STANDARD_OUTPUT_NAME, ...prepared.report };
    } finally {
      prepared.close();
    }
  }

  async #report(
    report: ExportReport | ExtendReport,
    file: ReportFile | undefined,
    {
      isStream,
      isTold,
      json,
    }: { readonly isStream: boolean; readonly isTold: boolean; readonly json: boolean },
  ): Promise<void> {
    const line = `${JSON.stringify(report)}\n`;
    await file?.write(line);
    if (!isTold) return;
    const text = json ? line : reportText(report);
    if (isStream) {
      this.terminal.writeError(text);
      return;
    }
    this.terminal.output.writeText(text);
    await this.terminal.output.flush();
  }
}

function reportText(report: ExportReport | ExtendReport): string {
  const { path, epoch, cursor, keys, digest, since, puts = 0, deletes = 0 } = report;
  const where = epoch === null ? (cursor === null ? '' : `, cursor ${cursor}`) : `, epoch ${epoch}`;
  const changes =
    since === undefined
      ? ''
      : `since ${since}: ${countedText(puts, 'put')}, ${countedText(deletes, 'delete')}; `;
  const by = digest === null && 'sum' in report ? `sum ${report.sum}` : `digest ${digest}`;
  return `${visibleText(path)}: ${changes}${countedText(keys, 'key')}${where}, ${by}\n`;
}

function receiverGone(): StatelogError {
  return new StatelogError('IO_FAILED', 'whoever received the export went away before its end', {
    operation: 'write',
    safe: 'the store is as it was; what was received is not whole, and import refuses it',
    hint: 'see what the receiving program says, and run it again',
  });
}

/** Looked at before any work: what is exported, and what it is exported to, are not written over. */
async function reportFileOf(
  path: string | undefined,
  store: string,
  destination: string,
): Promise<ReportFile | undefined> {
  if (path === undefined || path === STANDARD_OUTPUT_NAME) return undefined;
  const { ReportFile: File } = await import('../../engine/transfer/report-file.js');
  return destination === STANDARD_OUTPUT_NAME || isUrl(destination)
    ? File.at(path, [store])
    : File.at(path, [store, destination], destination);
}
