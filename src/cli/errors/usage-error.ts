import { StatelogError } from '../../engine/errors.js';

/** The error for a wrong call of the command line: exit code 2. */
export function usageError(message: string, hint?: string): StatelogError {
  return new StatelogError('INVALID_ARGUMENT', message, { hint });
}

/** Names that other programs have for our commands. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    put: 'add insert set write',
    delete: 'remove rm unset',
    get: 'cat read show',
    scan: 'keys list ls select',
    create: 'init new',
    stat: 'info',
    verify: 'check fsck',
    repair: 'fix recover salvage',
    'wal-replay': 'dump-wal history log replay',
    compact: 'defrag gc vacuum',
    export: 'backup dump save snapshot',
    import: 'load restore',
    diff: 'cmp compare',
    session: 'repl shell',
    watch: 'follow monitor subscribe tail',
    replicate: 'mirror sync',
  }).flatMap(([command, words]) => words.split(' ').map((word) => [word, command] as const)),
);

/** The given word's nearest neighbour among `names`, if it is near enough to be what was meant. */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  const other = OTHER_NAMES.get(word);
  if (other !== undefined && names.includes(other)) return other;
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

/** How many letters to insert, drop, replace, or swap with their neighbour (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const here = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = isSwapped && row > 1 && column > 1 ? twoAbove[column - 2]! + 1 : Infinity;
      here.push(Math.min(replaced, swapped, above[column]! + 1, here[column - 1]! + 1));
    }
    twoAbove = above;
    above = here;
  }
  return above[to.length]!;
}
