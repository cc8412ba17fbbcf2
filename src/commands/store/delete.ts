import { boolean } from '@oclif/core/flags';
import { batchFlags, refuseBatchFlags } from '../../cli/command/batch-flags.js';
import { storeArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { decodeArgument, type Encodings } from '../../cli/values/encoding.js';
import { rangeOf } from '../../cli/command/key-range.js';
import { openReadableInput } from '../../cli/command/readable.js';
import { entryOutput } from '../../cli/output/entry-lines.js';
import { equalBytes } from '../../engine/bytes/compare.js';
import type { EntryRange } from '../../engine/entry-cursor.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import {
  encodingFlags,
  encodingsOf,
  lockFlags,
  openingOf,
  quietFlag,
  recoveryFlags,
  textFlag,
} from '../../cli/command/flags.js';
import { usageError } from '../../cli/errors/usage-error.js';
import { withWritable } from '../../cli/command/write-session.js';
import type { ReadableStore, WritableStore } from '../../engine/store/store.js';

/** `delete STORE KEY…`: on disk when it returns; 1 where none of the keys was there. */
export default class Delete extends StatelogCommand {
  static override summary = 'remove keys';
  static override strict = false;
  static override args = { store: storeArgument };
  static override flags = {
    ...encodingFlags,
    ...lockFlags,
    ...recoveryFlags,
    'if-value': textFlag({ description: 'only if this is its value; else 1', helpValue: 'V' }),
    prefix: textFlag({ description: 'all keys that start with it', helpValue: 'P' }),
    'dry-run': boolean({ description: 'print the keys that would go, and change nothing' }),
    ...batchFlags,
    ...quietFlag,
  };

  override async run(): Promise<ExitCode> {
    const { args, argv, flags } = await this.parse(Delete);
    const encodings = encodingsOf(flags);
    const texts = (argv as string[]).slice(1);
    const ways = [texts.length > 0, flags.prefix !== undefined, flags.batch !== undefined];
    if (flags.prefix !== undefined && ways.filter(Boolean).length > 1)
      throw usageError('--prefix names the keys: give no others, and no --batch');
    if (flags.batch !== undefined && (flags['if-value'] !== undefined || flags['dry-run']))
      throw usageError('--if-value and --dry-run are for keys and --prefix, not for a batch');
    if (flags.batch === undefined && flags.prefix === undefined && texts.length === 0) {
      throw usageError('KEY is missing', 'name keys, or a batch with --batch FILE');
    }
    if (flags.batch !== undefined && texts.length > 0) {
      throw usageError('both keys and --batch were given', 'keys go on the command line or into the batch');
    }
    const keys = texts.map((text) => decodeArgument(text, encodings.key, 'KEY', '--key-encoding'));
    if (flags.batch !== undefined) return this.#batch(args.store, flags.batch, flags, encodings);
    refuseBatchFlags(flags);
    const wanted: Wanted = {
      keys,
      range: rangeOf({ prefix: flags.prefix }, encodings),
      ifValue:
        flags['if-value'] === undefined
          ? undefined
          : decodeArgument(flags['if-value'], encodings.value, '--if-value', '--value-encoding'),
    };
    if (flags['dry-run']) return this.#show(args.store, wanted, encodings, flags.json);
    return withWritable(args.store, openingOf(flags), this.writeNotices, (store) => deleteAll(store, wanted));
  }

  async #batch(
    path: string,
    file: string,
    flags: Parameters<typeof openingOf>[0] & {
      readonly tsv: boolean;
      readonly ack: boolean;
      readonly idle: number;
      readonly 'skip-bad': boolean;
      readonly rejects?: string | undefined;
      readonly json: boolean;
      readonly quiet: boolean;
    },
    encodings: Encodings,
  ): Promise<ExitCode> {
    const { runBatchCommand } = await import('../../cli/batch/batch-command.js');
    const { result, exitCode } = await runBatchCommand(this.terminal, {
      store: { path, opening: openingOf(flags), notices: this.writeNotices, idleMs: flags.idle },
      run: {
        file,
        format: { encodings, tsv: flags.tsv, command: 'delete' },
        acknowledges: flags.ack,
        skipsBad: flags['skip-bad'],
      },
      rejectsPath: flags.rejects,
      json: flags.json,
      quiet: flags.quiet,
    });
    return exitCode === EXIT_CODES.done && result.deleted === 0 ? EXIT_CODES.no : exitCode;
  }

  /** Prints the keys that would go. Takes no lock. */
  async #show(path: string, wanted: Wanted, encodings: Encodings, json: boolean): Promise<ExitCode> {
    const store = await openReadableInput(path, this.terminal, {});
    try {
      for (const finding of store.notices) this.notice(finding);
      const printed = entryOutput(this.terminal, { encodings, json });
      let found = 0;
      for (const key of keysOf(store, wanted)) {
        found += 1;
        printed.write(key, undefined);
        if (printed.isFull && !(await printed.flush())) break;
      }
      await printed.flush();
      return found > 0 ? EXIT_CODES.done : EXIT_CODES.no;
    } finally {
      store.close();
    }
  }
}

/** The keys that a command line names, and what their values must be. */
interface Wanted {
  readonly keys: readonly Uint8Array[];
  /** In place of keys: those in a range. */
  readonly range: EntryRange | undefined;
  readonly ifValue: Uint8Array | undefined;
}

/** The keys that are there, and whose value is the one that was asked for. */
function* keysOf(store: ReadableStore, { keys, range, ifValue }: Wanted): Generator<Uint8Array, void> {
  for (const key of range === undefined ? keys : store.keys(range)) {
    const value = range !== undefined && ifValue === undefined ? key : store.get(key)?.value;
    if (value !== undefined && (ifValue === undefined || equalBytes(value, ifValue))) yield key;
  }
}

async function deleteAll(store: WritableStore, wanted: Wanted): Promise<ExitCode> {
  let deleted = 0;
  for (const key of [...keysOf(store, wanted)]) if (store.delete(key)) deleted += 1;
  if (deleted === 0) return EXIT_CODES.no;
  await store.sync();
  return EXIT_CODES.done;
}
