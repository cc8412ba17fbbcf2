import { ARTIFACT_CASES } from './artifact-cases.js';
import type { DamageCase } from './case.js';
import { DIRECTORY_CASES } from './directory-cases.js';
import { LOG_CASES } from './log-cases.js';
import { SEGMENT_CASES } from './segment-cases.js';
import { STATE_CASES } from './state-cases.js';

/** Every named kind of damage, at least one for each class. */
export const DAMAGE_CASES: readonly DamageCase[] = [
  ...SEGMENT_CASES,
  ...LOG_CASES,
  ...DIRECTORY_CASES,
  ...STATE_CASES,
  ...ARTIFACT_CASES,
];

/** The first of each class and kind of thing: what takes long for each of them all is tried on these. */
export const ONE_OF_EACH_SORT: readonly DamageCase[] = DAMAGE_CASES.filter(
  (one, index) => DAMAGE_CASES.findIndex((other) => sortOf(other) === sortOf(one)) === index,
);

/** Its kind of thing, with which its name begins, and its class. */
function sortOf({ name, class: damageClass }: DamageCase): string {
  return `${name.split('-')[0]!} ${damageClass}`;
}
