// node bench/cookbook/measure.mjs [--rounds N] [--docs] [RECIPE…]: what the recipes of docs/cookbook.md take, beside the shell of
// sqlite3 on the same work, in turns; --docs puts the table into the page. Needs a build, and sqlite3.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

/** Each recipe with what it does here. */
const RECIPES = {
  marker: '10 jobs, each asked for twice',
  lock: '20 that start at once',
  dedup: '200,000 lines four times, the first three killed on the way',
  env: '200 settings',
  queue: '200 tasks, four workers',
  loader: '200,000 rows, killed once on the way',
  counter: '10 by themselves, 10,000 in a batch',
  nightly: '20,000 entries, five snapshots, verified',
};
const projectRoot = path.resolve(import.meta.dirname, '..', '..');
const SIDES = /** @type {const} */ (['statelog', 'sqlite3']);
const PAGE = path.join(projectRoot, 'docs', 'cookbook.md');
const BEGINNING = '<!-- measured: node bench/cookbook/measure.mjs --docs -->';
const END = '<!-- end of what was measured -->';
const MILLISECONDS_A_TICK = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '3' }, docs: { type: 'boolean', default: false } },
});
const recipes = positionals.length > 0 ? positionals : Object.keys(RECIPES);
const folder = mkdtempSync(path.join(tmpdir(), 'statelog-cookbook-'));
const programs = path.join(folder, 'bin');
mkdirSync(programs);
symlinkSync(path.join(projectRoot, 'bin', 'run.js'), path.join(programs, 'statelog'));
try {
  const rows = recipes.map((recipe) => measured(recipe, Number(values.rounds)));
  const table = [
    '| recipe | on | processes | statelog | sqlite3 | processor: statelog | sqlite3 |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
  process.stdout.write(`${table}\n`);
  if (values.docs) putIntoPage(table);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {string} recipe @param {number} rounds */
function measured(recipe, rounds) {
  const samples = new Map(SIDES.map((side) => [side, /** @type {ReturnType<typeof run>[]} */ ([])]));
  for (let round = 0; round < rounds; round++)
    for (const side of SIDES) samples.get(side).push(run(side, recipe));
  const answers = new Set([...samples.values()].flat().map(({ answer }) => answer));
  if (answers.size !== 1) throw new Error(`${recipe}: different answers: ${[...answers].join(', ')}`);
  const [ours, theirs] = SIDES.map((side) => samples.get(side));
  const seconds = (of, field) => `${(median(of.map((sample) => sample[field])) / 1000).toFixed(2)} s`;
  const columns = [
    seconds(ours, 'wallMs'),
    seconds(theirs, 'wallMs'),
    seconds(ours, 'processorMs'),
    seconds(theirs, 'processorMs'),
  ];
  return `| ${recipe} | ${RECIPES[recipe]} | ${processes(recipe)} | ${columns.join(' | ')} |`;
}

/** @param {string} side @param {string} recipe */
function run(side, recipe) {
  const place = mkdtempSync(path.join(folder, 'run-'));
  const script = `set -eu; . '${path.join(import.meta.dirname, `${side}.sh`)}'; cd '${place}'; ${recipe}`;
  const environment = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
  const before = childrenTicks();
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
    env: environment,
    encoding: 'utf8',
  });
  const wallMs = performance.now() - started;
  const processorMs = (childrenTicks() - before) * MILLISECONDS_A_TICK;
  rmSync(place, { recursive: true });
  if (status !== 0) throw new Error(`${recipe} with ${side} ended with ${status}: ${stderr}`);
  return { answer: stdout.trim(), wallMs, processorMs };
}

/** How many processes of statelog the recipe starts. @param {string} recipe */
function processes(recipe) {
  const counting = path.join(folder, 'counting');
  const calls = path.join(folder, 'calls');
  mkdirSync(counting, { recursive: true });
  writeFileSync(calls, '');
  const program = `#!/bin/bash\necho >> '${calls}'\nexec '${programs}/statelog' "$@"\n`;
  writeFileSync(path.join(counting, 'statelog'), program, { mode: 0o755 });
  const place = mkdtempSync(path.join(folder, 'run-'));
  const script = `. '${path.join(import.meta.dirname, 'statelog.sh')}'; cd '${place}'; ${recipe}`;
  spawnSync('bash', ['-c', script], { env: { ...process.env, PATH: `${counting}:${process.env.PATH}` } });
  return readFileSync(calls).length;
}

function childrenTicks() {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[13]) + Number(fields[14]);
}

/** @param {number[]} samples */
function median(samples) {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1];
}

/** @param {string} table */
function putIntoPage(table) {
  const [before, rest] = readFileSync(PAGE, 'utf8').split(BEGINNING);
  const behind = rest?.split(END)[1];
  if (behind === undefined) throw new Error(`${PAGE} does not say where the table goes`);
  writeFileSync(PAGE, `${before}${BEGINNING}\n\n${table}\n\n${END}${behind}`);
  const prettier = path.join(projectRoot, 'node_modules', 'prettier', 'bin', 'prettier.cjs');
  spawnSync(process.execPath, [prettier, '--write', PAGE], { stdio: 'inherit' });
}
