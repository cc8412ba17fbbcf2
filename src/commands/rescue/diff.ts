import { boolean } from '@oclif/core/flags';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { textArgument } from '../../cli/command/arguments.js';
import { openSide, type OpenedSide } from '../../cli/compare/compared-side.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { differenceOutput, type DifferenceOptions } from '../../cli/compare/difference-output.js';
import { sideEventLine, skippedLine, type NamedSide } from '../../cli/compare/skipped-output.js';
import type { Encodings } from '../../cli/values/encoding.js';
import { asStatelogError } from '../../cli/errors/error-rendering.js';
import { EXIT_CODES, worseExitCode, type ExitCode } from '../../cli/errors/exit-codes.js';
import {
  boundFlags,
  encodingFlags,
  encodingsOf,
  unsigned64Flag,
  pagerFlags,
} from '../../cli/command/flags.js';
import { rangeOf } from '../../cli/command/key-range.js';
import type { ComparisonOutcome, DifferenceReport } from '../../cli/report/difference-report.js';
import { reportFlags, reportWish } from '../../cli/report/report-flags.js';
import { startProgress, type Progress } from '../../cli/terminal/progress.js';
import { redactFlags } from '../../cli/text/redaction.js';
import type { EntryRange } from '../../engine/entry-cursor.js';
import type { RestOutcome } from '../../engine/repair/rest/compare-rests.js';

/** Keys compared between two looks at whether progress is to be shown, which needs a turn of the event loop. */
const KEYS_BETWEEN_LOOKS = 4_096;

const pathArgument = (name: string) =>
  textArgument({ name, required: true, description: 'whatever statelog opens' });

interface Sides {
  readonly first: OpenedSide;
  readonly second: OpenedSide;
  readonly range: EntryRange | undefined;
}

type Counts = Readonly<Record<RestOutcome, number>>;

/** How a comparison is told. */
interface DiffForm extends DifferenceOptions {
  readonly quiet: boolean;
  readonly summary: boolean;
  readonly skipDamage: boolean;
  readonly report: DifferenceReport | undefined;
}

/** `diff A B`: what became of each key from A to B. */
export default class Diff extends StatelogCommand {
  static override summary = 'keys added, removed and changed from one path to another';
  static override args = { a: pathArgument('a'), b: pathArgument('b') };
  static override urlArguments = ['a', 'b'];
  static override flags = {
    ...encodingFlags,
    ...redactFlags,
    ...pagerFlags,
    ...boundFlags,
    'keys-only': boolean({ description: 'no values; they are compared all the same' }),
    summary: boolean({ description: 'how many there are, and nothing else' }),
    quiet: boolean({ char: 'q', description: 'print nothing, and end at the first difference' }),
    'skip-damage': boolean({
      description: 'compare what reads on both sides, and say what was skipped',
      exclusive: ['a-at', 'b-at'],
    }),
    ...reportFlags,
    'a-at': unsigned64Flag({ description: 'A as it was at this epoch', helpValue: 'EPOCH' }),
    'b-at': unsigned64Flag({ description: 'B as it was at this epoch', helpValue: 'EPOCH' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Diff);
    await this.page(flags);
    const encodings = encodingsOf(flags);
    const range = rangeOf(flags, encodings);
    const { json, redact, quiet, summary, 'keys-only': keysOnly, 'skip-damage': skipDamage } = flags;
    const report = await this.#reportOf(args, flags, encodings);
    const form = { encodings, json, redact, keysOnly, quiet, summary, skipDamage, report };
    try {
      const { exitCode, counts, complete, kinds } = await this.#compareSides(args, flags, range, form);
      if (report === undefined) return exitCode;
      const written = await this.writeReport(
        async () => report.done({ exitCode, counts, complete, kinds }),
        quiet,
      );
      return worseExitCode(exitCode, written);
    } catch (thrown) {
      if (report !== undefined)
        await this.writeReport(async () => report.failed(asStatelogError(thrown)), quiet);
      throw thrown;
    }
  }

  /** Looked at before any work. */
  async #reportOf(
    { a, b }: { readonly a: string; readonly b: string },
    flags: Parameters<typeof reportWish>[0] & { readonly 'skip-damage': boolean },
    encodings: Encodings,
  ): Promise<DifferenceReport | undefined> {
    const wish = reportWish(flags);
    if (wish === undefined) return undefined;
    const [{ ReportTarget }, { DifferenceReport: Report }] = await Promise.all([
      import('../../cli/report/report-target.js'),
      import('../../cli/report/difference-report.js'),
    ]);
    return new Report(new ReportTarget(wish, [a, b], this.config.version), {
      a,
      b,
      encodings,
      skipDamage: flags['skip-damage'],
    });
  }

  async #compareSides(
    args: { readonly a: string; readonly b: string },
    flags: { readonly 'a-at'?: bigint | undefined; readonly 'b-at'?: bigint | undefined },
    range: EntryRange | undefined,
    form: DiffForm,
  ): Promise<ComparisonOutcome> {
    const first = await this.#open({ name: 'a', path: args.a }, form, flags['a-at']);
    try {
      const second = await this.#open({ name: 'b', path: args.b }, form, flags['b-at']);
      try {
        for (const finding of [...first.store.notices, ...second.store.notices]) this.notice(finding);
        const outcome = await this.#compare({ first, second, range }, form);
        return first.skipped === undefined && second.skipped === undefined
          ? outcome
          : { ...outcome, exitCode: EXIT_CODES.damage };
      } finally {
        second.store.close();
      }
    } finally {
      first.store.close();
    }
  }

  /** Opens one side, and tells what is skipped of it: with `--json` among the lines, else on standard error. */
  async #open(side: NamedSide, form: DiffForm, at: bigint | undefined): Promise<OpenedSide> {
    const { json, redact, encodings, quiet, summary, skipDamage, report } = form;
    const keyEncoding = encodings.key;
    const write = (line: string): void => {
      if (quiet) return;
      if (json) this.terminal.output.writeText(`${line}\n`);
      else this.terminal.writeError(`statelog: ${line}\n`);
    };
    const opened = await openSide(side.path, this.terminal, {
      at,
      onSkipped: skipDamage
        ? (event) => {
            if (!summary) write(sideEventLine(side, event, { json, redact, keyEncoding }));
            const isHidden = report?.showsValues === false;
            report?.skipped(sideEventLine(side, event, { json: false, redact: isHidden, keyEncoding }));
          }
        : undefined,
    });
    if (opened.skipped !== undefined) {
      write(skippedLine(side, opened.skipped, json));
      report?.skipped(skippedLine(side, opened.skipped, false));
    }
    return opened;
  }

  async #compare(sides: Sides, options: DiffForm): Promise<ComparisonOutcome> {
    const { compareRests } = await import('../../engine/repair/rest/compare-rests.js');
    const { output } = this.terminal;
    const write = await differenceOutput(this.terminal, options);
    const counts: Record<RestOutcome, number> = { added: 0, removed: 0, changed: 0, unknown: 0, same: 0 };
    const progress = this.#progress(sides, !options.quiet && !options.summary);
    let keys = 0;
    let complete = false;
    try {
      for (const compared of compareRests(sides.first, sides.second, sides.range)) {
        counts[compared.outcome] += 1;
        options.report?.take(compared);
        if (compared.outcome !== 'same') {
          // A report is of all there is.
          if (options.quiet && options.report === undefined) return this.#outcome(sides, counts, false);
          if (!options.quiet && !options.summary) write(compared);
          if (output.isFull && !(await output.flush())) return this.#outcome(sides, counts, false);
        }
        if (++keys % KEYS_BETWEEN_LOOKS === 0 && progress !== undefined) {
          progress.advanceTo(keys);
          await nextTurn();
        }
      }
      complete = true;
    } finally {
      progress?.stop();
      if (options.summary && !options.quiet) output.writeText(summaryText(counts, options, complete));
      await output.flush();
    }
    return this.#outcome(sides, counts, complete);
  }

  #outcome({ first, second }: Sides, counts: Counts, complete: boolean): ComparisonOutcome {
    const differing = counts.added + counts.removed + counts.changed + counts.unknown;
    const kinds = [first.store.kind, second.store.kind] as const;
    return { counts, complete, kinds, exitCode: differing === 0 ? EXIT_CODES.done : EXIT_CODES.no };
  }

  /** Undefined where nobody would see it, or where it would stand between the lines. */
  #progress({ first, second, range }: Sides, hasLines: boolean): Progress | undefined {
    const { errorsAreTerminal, outputIsTerminal } = this.terminal;
    if (!errorsAreTerminal || (hasLines && outputIsTerminal)) return undefined;
    return startProgress(
      this.terminal,
      'comparing',
      Math.max(first.store.count(range), second.store.count(range)),
    );
  }
}

function summaryText(counts: Counts, { json, skipDamage }: DiffForm, complete: boolean): string {
  const { added, removed, changed, unknown, same } = counts;
  if (json) {
    const summary = { added, removed, changed, ...(skipDamage ? { unknown } : {}), same, complete };
    return `${JSON.stringify({ summary })}\n`;
  }
  const doubt = skipDamage ? `${unknown} unknown, ` : '';
  const end = complete ? '' : ', and the rest was not compared';
  return `${added} added, ${removed} removed, ${changed} changed, ${doubt}${same} the same${end}\n`;
}
