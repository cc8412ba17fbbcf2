import { StatelogError } from '../engine/errors.js';

/** The error for a wrong call of the command line: exit code 2. */
export function usageError(message: string, hint?: string): StatelogError {
  return new StatelogError('INVALID_ARGUMENT', message, { hint });
}

/** The given word's nearest neighbour among `names`, if it is near enough to be what was meant. */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let distanceMin = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    const distance = name.startsWith(word) && word.length > 1 ? 1 : editDistance(word, name);
    if (distance < distanceMin) {
      nearest = name;
      distanceMin = distance;
    }
  }
  return nearest;
}

/** Levenshtein's distance: how many letters to insert, drop or replace. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const here = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      here.push(Math.min(replaced, above[column]! + 1, here[column - 1]! + 1));
    }
    above = here;
  }
  return above[to.length]!;
}
