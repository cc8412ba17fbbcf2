import { storeArgument } from '../cli/arguments.js';
import { StatelogCommand } from '../cli/base-command.js';
import { takeBatch } from '../cli/batch-input.js';
import { decodeArgument } from '../cli/encoding.js';
import { asStatelogError, errorLine } from '../cli/error-rendering.js';
import { EXIT_CODES, type ExitCode } from '../cli/exit-codes.js';
import { encodingFlags, encodingsOf, lockFlags } from '../cli/flags.js';
import { batchFlags } from '../cli/store-flags.js';
import { usageError } from '../cli/usage-error.js';
import type { WritableStore } from '../engine/store/store.js';

/** `delete STORE KEY…`: on disk when it returns; 1 where none of the keys was there. */
export default class Delete extends StatelogCommand {
  static override summary = 'remove keys';
  static override strict = false;
  static override args = { store: storeArgument };
  static override flags = { ...encodingFlags, ...lockFlags, ...batchFlags };

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
    const { openWritable } = await import('../engine/inspect/open.js');
    const store = await openWritable(args.store, {
      waitMs: flags.wait,
      onWarning: (error) => {
        this.say(errorLine(asStatelogError(error)));
      },
    });
    try {
      for (const finding of store.notices) this.notice(finding);
      const { batch: file, tsv, ack } = flags;
      if (file === undefined) return await deleteAll(store, keys);
      const format = { encodings, tsv, command: 'delete' as const };
      const { deleted } = await takeBatch(store, this.terminal, { file, format, ack, source: undefined });
      return deleted > 0 ? EXIT_CODES.done : EXIT_CODES.no;
    } finally {
      store.close();
    }
  }
}

async function deleteAll(store: WritableStore, keys: readonly Uint8Array[]): Promise<ExitCode> {
  let deleted = 0;
  for (const key of keys) if (store.delete(key)) deleted += 1;
  if (deleted === 0) return EXIT_CODES.no;
  await store.sync();
  return EXIT_CODES.done;
}
