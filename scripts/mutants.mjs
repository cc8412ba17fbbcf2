// `node scripts/mutants.mjs [NAME…]`: commits sabotages of our own code (mutants/*.mjs), one at a time and in a copy, and
// says which test notices each. A suite that notices nothing proves nothing.
//   --list         names and rules        --shard I/N    every n-th of them, from the i-th (`npm run torture` runs two)
//   --check        only that each still fits the sources, as `npm test` does
//   --json         the outcome as one line, as a row of torture has it
//   --until MS     begin none after that time since 1970, and begin with another each day: as many as there is time for
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS } from './mutants/all.mjs';
import { tryMutants } from './mutants/try-mutants.mjs';
import { sabotaged } from './mutants/workspace.mjs';
import { root } from './run-step.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Of a shard, in the time that `.ci/run` has for them, on a machine of two cores. */
const MUTANTS_A_DAY = 20;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: 'boolean' },
    check: { type: 'boolean' },
    json: { type: 'boolean' },
    shard: { type: 'string', default: '0/1' },
    until: { type: 'string' },
  },
});
const unknown = positionals.filter((name) => !MUTANTS.some((mutant) => mutant.name === name));
if (unknown.length > 0) throw new Error(`there is no sabotage called ${unknown.join(', ')}`);
const [shard, shards] = values.shard.split('/').map(Number);
const chosen = MUTANTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name)).filter(
  (_, index) => index % shards === shard,
);

if (values.list) {
  for (const { name, rule } of chosen) console.log(`${name}: ${rule}`);
} else if (values.check) {
  for (const mutant of chosen) {
    sabotaged(mutant, readFileSync(path.join(root, mutant.file), 'utf8'));
    const missing = mutant.tests.find((name) => !existsSync(path.join(root, 'test', `${name}.test.ts`)));
    if (missing !== undefined) throw new Error(`${mutant.name}: there is no test ${missing}`);
  }
  console.log(`${chosen.length} fit`);
} else {
  const until = values.until === undefined ? Infinity : Number(values.until);
  const first = until === Infinity ? 0 : (Math.floor(Date.now() / DAY_MS) * MUTANTS_A_DAY) % chosen.length;
  const inTurn = [...chosen.slice(first), ...chosen.slice(0, first)];
  const { tried, caught, violations } = await tryMutants(inTurn, (line) => console.error(line), until);
  for (const { where, message } of violations) if (!values.json) console.log(`BROKEN ${where}: ${message}`);
  if (values.json) console.log(JSON.stringify({ count: caught, violations, notes: [] }));
  else console.log(`${caught} of ${tried} caught`);
  if (violations.length > 0) process.exitCode = 1;
}
