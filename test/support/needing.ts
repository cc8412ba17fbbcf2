import type { ExecutionContext, SerialFn, TestFn } from 'ava';

/** With CI_FULL=1 nothing may be missing: what is skipped elsewhere fails. */
const mustBeThere = process.env['CI_FULL'] === '1';

type Run = (t: ExecutionContext) => void | Promise<void>;

/**
 * `test` for what cannot be tried everywhere. Where what it needs is missing it is skipped by name, with the reason, rather
 * than passed without having tried anything; with CI_FULL=1 it fails.
 * @param test ava's
 * @param need what is needed, in the words of the reason: `root`, `the originals, built`
 */
export function needing(
  test: TestFn | SerialFn,
  need: string,
  isThere: boolean,
): (title: string, run: Run) => void {
  return (title, run) => {
    if (isThere) test(title, run);
    else if (mustBeThere)
      test(title, (t) => {
        t.fail(`it needs ${need}`);
      });
    else test.skip(`${title} (needs ${need})`, run);
  };
}

/** Says that a part of a test was not tried, for want of something; with CI_FULL=1 that fails. */
export function notTried(t: ExecutionContext, need: string): void {
  if (mustBeThere) t.fail(`it needs ${need}`);
  else t.log(`a part was not tried: it needs ${need}`);
}
