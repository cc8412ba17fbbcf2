import { boolean, string } from '@oclif/core/flags';
import { batchFlags, refuseBatchFlags } from '../../cli/command/batch-flags.js';
import { keyArgument, storeArgument, textArgument } from '../../cli/command/arguments.js';
import type { BatchRequest } from '../../cli/batch/batch-command.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { decodeArgument, type Encodings } from '../../cli/values/encoding.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import {
  cursorFlag,
  dropRevisionsFlag,
  encodingFlags,
  encodingsOf,
  largeValuesFlag,
  openingOf,
  lockFlags,
  quietFlag,
  recoveryFlags,
  signed64Flag,
  unsigned64Flag,
} from '../../cli/command/flags.js';
import { readValue } from '../../cli/command/value-input.js';
import { usageError } from '../../cli/errors/usage-error.js';
import { withWritable } from '../../cli/command/write-session.js';
import { equalBytes } from '../../engine/bytes/compare.js';
import { toUtf8 } from '../../engine/bytes/text/text.js';
import { isStatelogError } from '../../engine/errors.js';
import { isLogName } from '../../engine/store/log-name.js';
import type { WritableStore } from '../../engine/store/store.js';

const CONDITION_GROUP = 'CONDITION';
const BATCH_GROUP = 'BATCH';
const LOG_GROUP = 'FOLD LOG';
const NO_CURSOR = new Uint8Array(0);
const SINGLE = ['file', 'if-absent', 'if-value', 'increment', 'revision'] as const;
/** As VALUE: what standard input holds. */
const STANDARD_INPUT = '-';

/** `put STORE KEY VALUE`, or a batch: on disk when it returns. */
export default class Put extends StatelogCommand {
  static override summary = 'put a value under a key, or a batch of them; on disk when it returns';
  static override args = {
    store: storeArgument,
    key: keyArgument,
    value: textArgument({
      description: 'the value, in UTF-8 unless --value-encoding says otherwise; - for standard input',
    }),
  };
  static override flags = {
    ...encodingFlags,
    ...lockFlags,
    ...recoveryFlags,
    ...largeValuesFlag,
    file: string({
      description: 'the value is what this file holds, - for standard input',
      helpValue: 'FILE',
    }),
    create: boolean({ description: 'make the store where there is none', default: true, allowNo: true }),
    'if-absent': boolean({ description: 'only if the key is not there; else 1', helpGroup: CONDITION_GROUP }),
    'if-value': string({
      description: 'only if this is its value; else 1',
      helpGroup: CONDITION_GROUP,
      helpValue: 'V',
    }),
    increment: signed64Flag({
      description: 'add to the number that is there (0 where none is), and print the sum',
    }),
    revision: unsigned64Flag({ description: 'the revision that comes with the value', helpGroup: LOG_GROUP }),
    cursor: cursorFlag({ description: 'move the resume cursor here', helpGroup: LOG_GROUP }),
    ...dropRevisionsFlag,
    ...batchFlags,
    ...quietFlag,
    source: string({
      description: 'remember under this name how many lines were taken, and go on there',
      helpGroup: BATCH_GROUP,
      helpValue: 'NAME',
    }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Put);
    const encodings = encodingsOf(flags);
    const options = {
      ...openingOf(flags),
      largeValues: flags['large-values'],
      create: mayCreate(args.store, flags) ? {} : undefined,
    };
    const { batch } = flags;
    if (batch === undefined) {
      const change = await this.#change(args, flags, encodings);
      try {
        const opening = { ...options, writesOnly: !asksForValue(change) };
        return await withWritable(args.store, opening, this.writeNotices, (store) =>
          this.#put(store, change),
        );
      } catch (error) {
        // A store that does not exist holds no such value.
        if (flags.create && change.ifValue !== undefined && isMissingStore(error, args.store))
          return EXIT_CODES.no;
        throw error;
      }
    }
    if (args.key !== undefined) throw usageError('give KEY and VALUE, or --batch, not both');
    if (flags.source === '') throw usageError('--source has no name', 'is the variable set?');
    const single = SINGLE.find((name) => flags[name] !== undefined && flags[name] !== false);
    if (single !== undefined) throw usageError(`--${single} is for a single put, not for a batch`);
    const { runBatchCommand } = await import('../../cli/batch/batch-command.js');
    const { cursor } = flags;
    const { result, exitCode } = await runBatchCommand(this.terminal, {
      store: { path: args.store, opening: options, notices: this.writeNotices, idleMs: flags.idle },
      run: {
        file: batch,
        format: { encodings, tsv: flags.tsv, command: 'put' },
        acknowledges: flags.ack,
        skipsBad: flags['skip-bad'],
        source: flags.source,
        dropRevisions: flags['drop-revisions'],
      },
      rejectsPath: flags.rejects,
      json: flags.json,
      quiet: flags.quiet,
      ...(cursor === undefined ? {} : movingCursor(cursor)),
    });
    const { unfinishedLine } = result;
    if (unfinishedLine !== undefined && !flags.quiet) {
      this.say(
        `line ${unfinishedLine} has no line end yet, and is left for the next run: end it, or leave out --source`,
      );
    }
    return exitCode;
  }

  async #change(
    args: { readonly key?: string | undefined; readonly value?: string | undefined },
    flags: {
      readonly file?: string | undefined;
      readonly 'if-absent': boolean;
      readonly 'if-value'?: string | undefined;
      readonly increment?: bigint | undefined;
      readonly revision?: bigint | undefined;
      readonly cursor?: Uint8Array | undefined;
    } & Parameters<typeof refuseBatchFlags>[0],
    encodings: Encodings,
  ): Promise<SinglePut> {
    if (args.key === undefined) throw usageError('KEY is missing', 'give KEY and VALUE, or --batch FILE');
    refuseBatchFlags(flags);
    const given = [args.value, flags.file, flags.increment].filter((one) => one !== undefined);
    if (given.length > 1) throw usageError('give one of VALUE, --file and --increment');
    if (given.length === 0) {
      throw usageError(
        'VALUE is missing',
        'give VALUE (- for standard input), --file FILE, or --increment N',
      );
    }
    const ifValue = flags['if-value'];
    return {
      key: decodeArgument(args.key, encodings.key, 'KEY', '--key-encoding'),
      value: flags.increment ?? (await this.#valueOf(args.value, flags.file, encodings)),
      ifAbsent: flags['if-absent'],
      ifValue:
        ifValue === undefined
          ? undefined
          : decodeArgument(ifValue, encodings.value, '--if-value', '--value-encoding'),
      revision: flags.revision,
      cursor: flags.cursor,
    };
  }

  async #valueOf(
    value: string | undefined,
    file: string | undefined,
    encodings: Encodings,
  ): Promise<Uint8Array> {
    return value === undefined || value === STANDARD_INPUT
      ? readValue(file ?? STANDARD_INPUT, this.terminal)
      : decodeArgument(value, encodings.value, 'VALUE', '--value-encoding');
  }

  async #put(store: WritableStore, change: SinglePut): Promise<ExitCode> {
    if (typeof change.value !== 'bigint') return putOne(store, { ...change, value: change.value });
    const { incremented } = await import('../../cli/text/counter.js');
    const value = incremented(store.get(change.key)?.value, change.value);
    const exitCode = await putOne(store, { ...change, value: toUtf8(value) });
    // Only now: what is printed is on disk.
    if (exitCode === EXIT_CODES.done)
      this.terminal.output.writeText(this.wantsJson ? `{"value":"${value}"}\n` : `${value}\n`);
    return exitCode;
  }
}

/** The steps of a batch that moves the cursor. */
function movingCursor(cursor: Uint8Array): Pick<BatchRequest, 'begin' | 'end'> {
  return {
    // A store without cursors refuses before anything is written.
    begin: (store) => {
      store.setCursor(store.cursor ?? NO_CURSOR);
    },
    // Only then: a cursor says that everything up to it is there.
    end: async (store) => {
      store.setCursor(cursor);
      await store.sync();
    },
  };
}

/** Not for a put that a new store would refuse, or whose condition could not hold in one. */
function mayCreate(
  store: string,
  flags: {
    readonly create: boolean;
    readonly 'if-value'?: string | undefined;
    readonly revision?: bigint | undefined;
    readonly cursor?: Uint8Array | undefined;
  },
): boolean {
  const isForLogs = flags.revision !== undefined || flags.cursor !== undefined;
  return flags.create && flags['if-value'] === undefined && (!isForLogs || isLogName(store));
}

function isMissingStore(error: unknown, store: string): boolean {
  return isStatelogError(error, 'NOT_FOUND') && error.details.path === store;
}

/** One put, and what must hold for it. */
interface SinglePut {
  readonly key: Uint8Array;
  /** The bytes, or what is added to the number that is there. */
  readonly value: Uint8Array | bigint;
  readonly ifAbsent: boolean;
  readonly ifValue: Uint8Array | undefined;
  readonly revision: bigint | undefined;
  readonly cursor: Uint8Array | undefined;
}

/** True where the value that is there matters. */
function asksForValue({ value, ifAbsent, ifValue }: SinglePut): boolean {
  return typeof value === 'bigint' || ifAbsent || ifValue !== undefined;
}

async function putOne(
  store: WritableStore,
  change: SinglePut & { readonly value: Uint8Array },
): Promise<ExitCode> {
  const { key, value, ifAbsent, ifValue, revision, cursor } = change;
  if (ifAbsent || ifValue !== undefined) {
    const found = store.get(key)?.value;
    if (ifAbsent && found !== undefined) return EXIT_CODES.no;
    if (ifValue !== undefined && (found === undefined || !equalBytes(found, ifValue))) return EXIT_CODES.no;
  }
  if (cursor !== undefined) store.setCursor(cursor);
  store.put(key, value, { revision });
  await store.sync();
  return EXIT_CODES.done;
}
