import { boolean } from '@oclif/core/flags';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { textArgument } from '../../cli/command/arguments.js';
import { openReadableInput } from '../../cli/command/readable.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { differenceOutput } from '../../cli/output/difference-output.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { boundFlags, encodingFlags, encodingsOf, unsigned64Flag } from '../../cli/command/flags.js';
import { rangeOf } from '../../cli/command/key-range.js';
import { startProgress, type Progress } from '../../cli/terminal/progress.js';
import { redactFlags } from '../../cli/text/redaction.js';
import type { EntryRange } from '../../engine/entry-cursor.js';
import type { KeyOutcome } from '../../engine/inspect/compare-stores.js';
import type { ReadableStore } from '../../engine/store/store.js';

/** So often, in keys, is looked whether progress is to be shown, which needs a turn of the event loop. */
const KEYS_BETWEEN_LOOKS = 4_096;

const pathArgument = (name: string) =>
  textArgument({ name, required: true, description: 'whatever statelog opens' });

interface Sides {
  readonly first: ReadableStore;
  readonly second: ReadableStore;
  readonly range: EntryRange | undefined;
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
    'a-at': unsigned64Flag({ description: 'A as it was at this epoch', helpValue: 'EPOCH' }),
    'b-at': unsigned64Flag({ description: 'B as it was at this epoch', helpValue: 'EPOCH' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Diff);
    const encodings = encodingsOf(flags);
    const range = rangeOf(flags, encodings);
    const first = await openReadableInput(args.a, this.terminal, { at: flags['a-at'] });
    try {
      const second = await openReadableInput(args.b, this.terminal, { at: flags['b-at'] });
      try {
        for (const finding of [...first.notices, ...second.notices]) this.notice(finding);
        const { json, redact, quiet, summary, 'keys-only': keysOnly } = flags;
        const form = { encodings, json, redact, keysOnly };
        return await this.#compare({ first, second, range }, { ...form, quiet, summary });
      } finally {
        second.close();
      }
    } finally {
      first.close();
    }
  }

  async #compare(
    sides: Sides,
    options: Parameters<typeof differenceOutput>[1] & { readonly quiet: boolean; readonly summary: boolean },
  ): Promise<ExitCode> {
    const { compareStores } = await import('../../engine/inspect/compare-stores.js');
    const { output } = this.terminal;
    const write = await differenceOutput(this.terminal, options);
    const counts: Record<KeyOutcome, number> = { added: 0, removed: 0, changed: 0, same: 0 };
    const progress = this.#progress(sides, !options.quiet && !options.summary);
    let keys = 0;
    let complete = false;
    try {
      for (const compared of compareStores(sides.first, sides.second, sides.range)) {
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
      if (options.summary && !options.quiet) output.writeText(summaryText(counts, options.json, complete));
      await output.flush();
    }
    return counts.added + counts.removed + counts.changed === 0 ? EXIT_CODES.done : EXIT_CODES.no;
  }

  /** Undefined where nobody would see it, or where it would stand between the lines. */
  #progress({ first, second, range }: Sides, hasLines: boolean): Progress | undefined {
    const { errorsAreTerminal, outputIsTerminal } = this.terminal;
    if (!errorsAreTerminal || (hasLines && outputIsTerminal)) return undefined;
    return startProgress(this.terminal, 'comparing', Math.max(first.count(range), second.count(range)));
  }
}

function summaryText(counts: Readonly<Record<KeyOutcome, number>>, json: boolean, complete: boolean): string {
  if (json) return `${JSON.stringify({ summary: { ...counts, complete } })}\n`;
  const { added, removed, changed, same } = counts;
  const end = complete ? '' : ', and the rest was not compared';
  return `${added} added, ${removed} removed, ${changed} changed, ${same} the same${end}\n`;
}
