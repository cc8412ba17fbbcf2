import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { decodeArgument } from '../../cli/command/encoding.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import {
  encodingFlags,
  encodingsOf,
  lockFlags,
  openingOf,
  recoveryFlags,
  textFlag,
} from '../../cli/command/flags.js';
import { usageError } from '../../cli/errors/usage-error.js';
import { withWritable } from '../../cli/command/write-session.js';
import type { WritableStore } from '../../engine/store/store.js';

/** `delete STORE KEY…`: on disk when it returns; 1 where none of the keys was there. */
export default class Delete extends StatelogCommand {
  static override summary = 'remove keys';
  static override strict = false;
  static override args = { store: storeArgument };
  static override flags = {
    ...encodingFlags,
    ...lockFlags,
    ...recoveryFlags,
    batch: textFlag({
      description: 'a batch of lines with the keys, - for standard input',
      helpGroup: 'BATCH',
      helpValue: 'FILE',
    }),
    tsv: boolean({ description: 'the batch has key<TAB>value lines, or keys alone', helpGroup: 'BATCH' }),
    ack: boolean({ description: 'print {"acknowledged":N} when N lines are on disk', helpGroup: 'BATCH' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, argv, flags } = await this.parse(Delete);
    const encodings = encodingsOf(flags);
    const texts = (argv as string[]).slice(1);
    if (flags.batch === undefined && texts.length === 0) {
      throw usageError('KEY is missing', 'name keys, or a batch with --batch FILE');
    }
    if (flags.batch !== undefined && texts.length > 0) {
      throw usageError('both keys and --batch were given', 'keys go on the command line or into the batch');
    }
    const keys = texts.map((text) => decodeArgument(text, encodings.key, 'KEY', '--key-encoding'));
    const { batch: file, tsv, ack } = flags;
    if (file === undefined && (tsv || ack)) throw usageError('--tsv and --ack go with --batch');
    return withWritable(args.store, openingOf(flags), this.writeNotices, async (store) => {
      if (file === undefined) return deleteAll(store, keys);
      const format = { encodings, tsv, command: 'delete' as const };
      const { runBatch } = await import('../../cli/batch/run-batch.js');
      const { deleted } = await runBatch(store, { file, format, acknowledges: ack }, this.terminal);
      return deleted > 0 ? EXIT_CODES.done : EXIT_CODES.no;
    });
  }
}

async function deleteAll(store: WritableStore, keys: readonly Uint8Array[]): Promise<ExitCode> {
  let deleted = 0;
  for (const key of keys) if (store.delete(key)) deleted += 1;
  if (deleted === 0) return EXIT_CODES.no;
  await store.sync();
  return EXIT_CODES.done;
}
