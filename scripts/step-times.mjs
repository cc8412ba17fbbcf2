import { readFileSync } from 'node:fs';

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
  const computed = to.ticks - from.ticks;
  return Number.isNaN(computed)
    ? clock
    : `${clock}, ${(computed / TICKS_PER_SECOND).toFixed(0)} s of processors`;
}

/** What /proc counts in. */
const TICKS_PER_SECOND = 100;

/** The time, and what this process and those that it waited for have computed; NaN where there is no /proc. */
function now() {
  const ms = Date.now();
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ');
    return { ms, ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) };
  } catch {
    return { ms, ticks: Number.NaN };
  }
}
