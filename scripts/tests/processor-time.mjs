import { appendFileSync, readFileSync } from 'node:fs';

/** Names a file that each test notes what it took in, as it ended: a line `MILLISECONDS TITLE`. */
export const TIMES_VARIABLE = 'STATELOG_TEST_TIMES';

/** What /proc counts in. */
const TICKS_PER_SECOND = 100;

/**
 * Returns how many milliseconds this process and those that it waited for have computed, in steps of ten; NaN where there is no /proc.
 * @returns {number}
 */
export function processorTime() {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return (ticks * 1000) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

/**
 * Gives back the body of a test, which notes what it took where the environment asks for that. Only what runs one after the
 * other is told apart.
 */
export function noted(title, body) {
  const file = process.env[TIMES_VARIABLE];
  if (file === undefined || typeof body !== 'function') return body;
  return async (...args) => {
    const before = processorTime();
    try {
      return await body(...args);
    } finally {
      appendFileSync(file, `${processorTime() - before} ${title}\n`);
    }
  };
}
