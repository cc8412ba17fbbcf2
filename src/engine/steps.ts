/**
 * Work that is done in small pieces: it stops after each, so that whoever runs it may do something else, run the next one later, or
 * give it up (`return`). Each piece takes a fraction of a millisecond of processor time.
 */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Does all of the work at once. */
export function runToEnd<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
