import { boolean } from '@oclif/core/flags';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { textArgument } from '../../cli/command/arguments.js';
import { openSide, type OpenedSide } from '../../cli/compare/compared-side.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { differenceOutput, type DifferenceOptions } from '../../cli/compare/difference-output.js';
import { sideEventLine, skippedLine, type NamedSide } from '../../cli/compare/skipped-output.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { boundFlags, encodingFlags, encodingsOf, unsigned64Flag } from '../../cli/command/flags.js';
import { rangeOf } from '../../cli/command/key-range.js';
import { startProgress, type Progress } from '../../cli/terminal/progress.js';
import { redactFlags } from '../../cli/text/redaction.js';
import type { EntryRange } from '../../engine/entry-cursor.js';
import type { RestOutcome } from '../../engine/repair/rest/compare-rests.js';

/** So often, in keys, is looked whether progress is to be shown, which needs a turn of the event loop. */
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
}

/** `diff A B`: what became of each key from A to B. */
export default class Diff extends StatelogCommand {
  static override summary = 'keys added, removed and changed from one path to another';
  static override args = { a: pathArgument('a'), b: pathArgument('b') };
  static override urlArguments = ['a', 'b'];
  static override flags = {
    ...encodingFlags,
    ...redactFlags,
    ...boundFlags,
    'keys-only': boolean({ description: 'no values; they are compared all the same' }),
    summary: boolean({ description: 'how many there are, and nothing else' }),
    quiet: boolean({ char: 'q', description: 'print nothing, and end at the first difference' }),
    'skip-damage': boolean({
      description: 'compare what reads on both sides, and say what was skipped',
      exclusive: ['a-at', 'b-at'],
    }),
    'a-at': unsigned64Flag({ description: 'A as it was at this epoch', helpValue: 'EPOCH' }),
    'b-at': unsigned64Flag({ description: 'B as it was at this epoch', helpValue: 'EPOCH' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Diff);
    const encodings = encodingsOf(flags);
    const range = rangeOf(flags, encodings);
    const { json, redact, quiet, summary, 'keys-only': keysOnly, 'skip-damage': skipDamage } = flags;
    const form = { encodings, json, redact, keysOnly, quiet, summary, skipDamage };
    const first = await this.#open({ name: 'a', path: args.a }, form, flags['a-at']);
    try {
      const second = await this.#open({ name: 'b', path: args.b }, form, flags['b-at']);
      try {
        for (const finding of [...first.store.notices, ...second.store.notices]) this.notice(finding);
        const outcome = await this.#compare({ first, second, range }, form);
        return first.skipped === undefined && second.skipped === undefined ? outcome : EXIT_CODES.damage;
      } finally {
        second.store.close();
      }
    } finally {
      first.store.close();
    }
  }

  /** Opens one side, and tells what is skipped of it: with `--json` among the lines, else on standard error. */
  async #open(side: NamedSide, form: DiffForm, at: bigint | undefined): Promise<OpenedSide> {
    const { json, redact, encodings, quiet, summary, skipDamage } = form;
    const write = (line: string): void => {
      if (quiet) return;
      if (json) this.terminal.output.writeText(`${line}\n`);
      else this.terminal.writeError(`statelog: ${line}\n`);
    };
    const opened = await openSide(side.path, this.terminal, {
      at,
      onSkipped: skipDamage
        ? (event) => {
            if (!summary) write(sideEventLine(side, event, { json, redact, keyEncoding: encodings.key }));
          }
        : undefined,
    });
    if (opened.skipped !== undefined) write(skippedLine(side, opened.skipped, json));
    return opened;
  }

  async #compare(sides: Sides, options: DiffForm): Promise<ExitCode> {
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
        if (compared.outcome !== 'same') {
          if (options.quiet) return EXIT_CODES.no;
          if (!options.summary) write(compared);
          if (output.isFull && !(await output.flush())) break;
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
    return counts.added + counts.removed + counts.changed + counts.unknown === 0
      ? EXIT_CODES.done
      : EXIT_CODES.no;
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
