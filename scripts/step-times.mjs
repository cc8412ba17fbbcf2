import { processorTime } from './tests/processor-time.mjs';

/** How long the parts of a run took: on the clock, and of the processors where the system tells. */
export class StepTimes {
  #first = now();
  #last = this.#first;
  #lines = [];

  /** Ends a part. */
  note(name) {
    const end = now();
    this.#lines.push(lineOf(name, this.#last, end));
    this.#last = end;
  }

  toString() {
    return [...this.#lines, lineOf('all', this.#first, now())].join('\n');
  }
}

function lineOf(name, from, to) {
  const clock = `${name.padEnd(16)}${((to.ms - from.ms) / 1000).toFixed(0).padStart(5)} s`;
  const computed = to.computedMs - from.computedMs;
  return Number.isNaN(computed) ? clock : `${clock}, ${(computed / 1000).toFixed(0)} s of processors`;
}

/** The time, and what this process and those that it waited for have computed. */
function now() {
  return { ms: Date.now(), computedMs: processorTime() };
}
