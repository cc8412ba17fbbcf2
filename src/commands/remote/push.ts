import { quietFlag } from '../../cli/command/flags.js';
import { boolean } from '@oclif/core/flags';
import { storeArgument, textArgument } from '../../cli/command/arguments.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { usageError } from '../../cli/errors/usage-error.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { hideArguments } from '../../cli/remote/hide-arguments.js';
import { countedText } from '../../cli/text/counted-text.js';

/** `push STORE URL`: a NATS key-value bucket made equal to a store. */
export default class Push extends StatelogCommand {
  static override summary = 'make a NATS key-value bucket equal to a store';
  static override args = {
    store: storeArgument,
    url: textArgument({ required: true, description: 'nats://HOST[:PORT]/BUCKET' }),
  };
  static override isReport = true;
  static override flags = {
    ...quietFlag,
    create: boolean({ description: 'make the bucket where there is none' }),
    overwrite: boolean({ description: 'write over what the bucket has and the store never saw' }),
    'dry-run': boolean({ description: 'say what it would come to, and write nothing' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Push);
    const [{ pushBucket }, { isBucketAddress }] = await Promise.all([
      import('../../engine/remote/nats/push-bucket.js'),
      import('../../engine/remote/nats/format/bucket-address.js'),
    ]);
    // Whatever is there may hold a password: it is not shown.
    if (isBucketAddress(args.store))
      throw usageError('STORE is a path, and comes before the address of the bucket');
    hideArguments(args.url, 'push');
    const dryRun = flags['dry-run'];
    const { address, ...counts } = await pushBucket({
      store: args.store,
      address: args.url,
      create: flags.create,
      overwrite: flags.overwrite,
      dryRun,
      environment: process.env,
      onOpened: ({ notices }) => {
        for (const notice of notices) this.notice(notice);
      },
    });
    const { puts, deletes, unchanged } = counts;
    const text = flags.json
      ? JSON.stringify({ pushed: { url: address, ...counts, ...(dryRun ? { dryRun } : {}) } })
      : `${address}: ${countedText(puts, 'put')}, ${countedText(deletes, 'delete')}, ${unchanged} there already${dryRun ? ', not written' : ''}`;
    this.terminal.output.writeText(`${text}\n`);
    await this.terminal.output.flush();
    return EXIT_CODES.done;
  }
}
