import { storeArgument, textArgument } from '../../cli/command/arguments.js';
import { decodeArgument } from '../../cli/values/encoding.js';
import { encodingFlags, encodingsOf, secondsFlag, textFlag } from '../../cli/command/flags.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { StatelogCommand } from '../../cli/program/base-command.js';

/** `wait STORE KEY`: ends with 0 when the key is there, or has a value; 1 when the time is up. */
export default class Wait extends StatelogCommand {
  static override summary = 'wait until a key is there, or has a value';
  static override args = {
    store: storeArgument,
    key: textArgument({ required: true, description: 'the key to wait for' }),
  };
  static override flags = {
    ...encodingFlags,
    value: textFlag({ description: 'until this is its value', helpValue: 'V' }),
    timeout: secondsFlag({ description: 'how long; then 1. Without it as long as it takes' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Wait);
    const encodings = encodingsOf(flags);
    const key = decodeArgument(args.key, encodings.key, 'KEY', '--key-encoding');
    const value =
      flags.value === undefined
        ? undefined
        : decodeArgument(flags.value, encodings.value, '--value', '--value-encoding');
    const { waitForKey } = await import('../../cli/watch/wait-for-key.js');
    const notice = this.writeNotices.notice;
    const isSo = await waitForKey(args.store, { key, value, timeoutMs: flags.timeout, notice });
    return isSo ? EXIT_CODES.done : EXIT_CODES.no;
  }
}
