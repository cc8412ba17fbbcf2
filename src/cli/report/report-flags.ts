import { boolean, string } from '@oclif/core/flags';
import { usageError } from '../errors/usage-error.js';

/** Flags of commands that write a page beside what they print. `reportWish` reads them. */
export const reportFlags = {
  report: string({
    description:
      'also write a page to show: maps, findings, bytes, what to run; one HTML file of less than 1 MiB',
    helpValue: 'FILE.html',
  }),
  'show-values': boolean({ description: 'the values in the report, too, which leaves them out' }),
};

/** The page that is wanted. */
export interface ReportWish {
  readonly file: string;
  readonly showsValues: boolean;
}

/**
 * The page that a command's parsed `reportFlags` ask for; undefined where none is wanted.
 * @throws StatelogError `INVALID_ARGUMENT` for flags that contradict
 */
export function reportWish(flags: {
  readonly report?: string | undefined;
  readonly 'show-values': boolean;
  readonly redact: boolean;
}): ReportWish | undefined {
  const { report: file, 'show-values': showsValues } = flags;
  if (showsValues && file === undefined)
    throw usageError('--show-values is about a report', 'name one with --report FILE.html');
  if (showsValues && flags.redact) throw usageError('--redact and --show-values contradict', 'leave one out');
  return file === undefined ? undefined : { file, showsValues };
}
