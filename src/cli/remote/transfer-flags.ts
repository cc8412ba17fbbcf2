import { boolean, custom } from '@oclif/core/flags';
import { readSpan } from '../values/time-argument.js';
import { sizeFlag } from '../command/flags.js';
import { usageError } from '../errors/usage-error.js';

const GROUP = 'BUCKET';

/** The flag of every command that moves a snapshot to or from a URL. */
export const limitRateFlag = {
  'limit-rate': sizeFlag({
    description: 'no more than so many bytes a second to or from a URL',
    helpGroup: GROUP,
  }),
};

/** Flags of an export to a URL. */
export const publishFlags = {
  ...limitRateFlag,
  'non-atomic': boolean({
    description: 'take a store that has no puts under a condition: only one host may publish there',
    helpGroup: GROUP,
  }),
};

/** A flag of a span of time, with its units; the value is milliseconds. */
export const spanFlag = custom<number>({
  helpValue: 'SPAN',
  parse: (text, _context, { name }) => {
    const seconds = readSpan(text);
    return seconds === undefined
      ? Promise.reject(usageError(`--${name} takes a span of time, such as 90s, 1h30m or 7d, not ${text}`))
      : Promise.resolve(seconds * 1000);
  },
});

/**
 * The options that hold bytes back as `--limit-rate` asks.
 * @throws StatelogError `INVALID_ARGUMENT` for 0
 */
export async function paceOf(
  bytesPerSecond: number | undefined,
): Promise<{ readonly pace?: (bytes: number) => Promise<void> }> {
  if (bytesPerSecond === undefined) return {};
  if (bytesPerSecond === 0) throw usageError('--limit-rate takes at least 1 byte a second');
  const { paced } = await import('../../engine/remote/blob/pace.js');
  return { pace: paced(bytesPerSecond) };
}
