import { quietFlag, lockFlags, openingOf, recoveryFlags } from '../../cli/command/flags.js';
import { storeArgument, textArgument } from '../../cli/command/arguments.js';
import { openReadableInput } from '../../cli/command/readable.js';
import { withWritable } from '../../cli/command/write-session.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { countedText } from '../../cli/text/counted-text.js';
import { visibleText } from '../../cli/terminal/shown/visible-text.js';
import { withoutMarks } from '../../engine/directory/manifest/source-mark.js';
import { StatelogError } from '../../engine/errors.js';
import type { ReadableStore, WritableStore } from '../../engine/store/store.js';

/** `source list|reset STORE [NAME]`: how many lines of sources were taken, and taking them from their first line again. */
export default class Source extends StatelogCommand {
  static override summary = 'show how far sources were taken, or let one start anew';
  static override args = {
    action: textArgument({ required: true, options: ['list', 'reset'], description: 'list or reset' }),
    store: storeArgument,
    name: textArgument({ description: 'one source (default: all)' }),
  };
  static override flags = { ...lockFlags, ...recoveryFlags, ...quietFlag };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Source);
    const { name, store: path } = args;
    if (args.action === 'list') return this.#list(path, name, flags.json);
    return withWritable(path, openingOf(flags), this.writeNotices, async (store) => {
      const reset = await resetSources(store, name);
      if (reset.length === 0) return EXIT_CODES.no;
      const text = flags.json
        ? JSON.stringify({ reset: reset.map(([source]) => source) })
        : `${countedText(reset.length, 'source')} reset: ${visibleText(reset.map(([source]) => source).join(', '))}`;
      if (!flags.quiet) this.terminal.output.writeText(`${text}\n`);
      return EXIT_CODES.done;
    });
  }

  async #list(path: string, name: string | undefined, json: boolean): Promise<ExitCode> {
    const store = await openReadableInput(path, this.terminal, {});
    try {
      for (const finding of store.notices) this.notice(finding);
      const sources = sourcesOf(store, name);
      for (const [source, lines] of sources) {
        const text = json
          ? JSON.stringify({ source, lines: String(lines) })
          : `${visibleText(source)}\t${lines}`;
        this.terminal.output.writeText(`${text}\n`);
      }
      await this.terminal.output.flush();
      return name !== undefined && sources.length === 0 ? EXIT_CODES.no : EXIT_CODES.done;
    } finally {
      store.close();
    }
  }
}

/** Lets sources start anew. @returns those that were not at their start */
async function resetSources(store: WritableStore, name: string | undefined): Promise<[string, bigint][]> {
  const sources = sourcesOf(store, name);
  if (sources.length > 0)
    await store.commit!({ offsets: new Map(sources.map(([source]) => [source, 0n])), watermark: undefined });
  return sources;
}

/**
 * The sources of which lines were taken, by name.
 * @throws StatelogError `NOT_REPRESENTABLE` for a store that remembers none
 */
function sourcesOf(store: ReadableStore, name: string | undefined): [string, bigint][] {
  if (store.sources === undefined) {
    throw new StatelogError('NOT_REPRESENTABLE', 'only a state directory remembers sources', {
      path: store.path,
      hint: `a fold log has a cursor: 'statelog stat' shows it`,
    });
  }
  const taken = [...withoutMarks(store.sources)].filter(
    ([source, lines]) => lines > 0n && (name === undefined || source === name),
  );
  return taken.sort(([left], [right]) => (left < right ? -1 : 1));
}
