// `npm run torture`: tries what ought not to break the engine, and prints what was tried and what broke.
//   --long        the figures of a long run        --part        those of `.ci/run`
//   --row ID      only this row (repeatable)        --seed N      the same choices as a run before
//   --minutes N   begin nothing after that long, and try sabotages until then
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { bundledProgram } from './bundled-program.mjs';
import { root } from './run-step.mjs';

const { values } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    part: { type: 'boolean', default: false },
    row: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string' },
    minutes: { type: 'string' },
  },
});
const scale = values.long ? 'long' : values.part ? 'part' : 'usual';
// A part of the suite is the same in each run, so that what fails failed because of a change.
const seed = Number(values.seed ?? (values.part ? 1 : Math.floor(Math.random() * 2 ** 31)));

// Some rows run the command line itself.
const program = await bundledProgram('test/torture/run-task.ts', 'torture.cjs');
// A thread of one row, which looks for it beside the program.
await bundledProgram('test/support/interleaving/other-hands-worker.ts', 'other-hands.cjs');

const started = Date.now();
const deadline = values.minutes === undefined ? Infinity : started + Number(values.minutes) * 60_000;

/** What is noted of a row that was not begun, which has not failed either. */
const TIME_OUT = 'its time had run out';

/** Tests of the suite that are too many for `npm test`. */
const EXHAUSTIVE_ROW = {
  id: 'exhaustive',
  title: 'tests of every bit, cut and crash',
  figures: { part: 'all', usual: 'all', long: 'all' },
  // More than processes: some tests take minutes, and what is left goes to whoever is free.
  shards: 8,
  command: (shard) => ['scripts/tests/exhaustive.mjs', '--shard', shard],
};

/** Runs the suite, or some of it, over sabotaged copies of the sources, so it is no part of the suite itself. */
const MUTANTS_ROW = {
  id: 'mutants',
  title: 'mutants caught',
  // In the time that a part leaves.
  figures: { ...(deadline < Infinity && { part: 'some' }), usual: 'all', long: 'all' },
  shardsMax: 2,
  command: (shard) => [
    'scripts/mutants.mjs',
    '--json',
    '--shard',
    shard,
    ...(deadline < Infinity ? ['--until', String(deadline)] : []),
  ],
};

// The longest first; sabotages take what time is left.
const rows = [EXHAUSTIVE_ROW, ...JSON.parse((await run([])).stdout), MUTANTS_ROW]
  .filter(({ figures }) => figures[scale] !== undefined)
  .filter(({ id }) => values.row.length === 0 || values.row.includes(id));
const cores = Math.max(2, availableParallelism());
const outcomes = await runSideBySide(
  rows.flatMap((row) => {
    const shards = row.shards ?? Math.max(1, Math.min(cores, row.shardsMax ?? 1));
    return Array.from({ length: shards }, (_, shard) => ({ row, shard, shards }));
  }),
);
printTable();

/** Starts the bundled program, or another one, in the project's folder. */
function run(programArguments, started = ['--expose-gc', program]) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...started, ...programArguments], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.on('close', (code, signal) => resolve({ stdout, code, signal }));
  });
}

async function runSideBySide(tasks) {
  const found = [];
  const waiting = [...tasks];
  const takeOne = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      const taskStarted = Date.now();
      const { row, shard, shards } = task;
      if (taskStarted > deadline) {
        found.push({ row, seconds: 0, count: 0, violations: [], notes: [TIME_OUT] });
        continue;
      }
      const { stdout, code, signal } =
        row.command === undefined
          ? await run([row.id, scale, seed, shard, shards].map(String))
          : await run(row.command(`${shard}/${shards}`), []);
      const seconds = (Date.now() - taskStarted) / 1000;
      found.push({ row, seconds, ...outcomeOf(stdout, code, signal) });
      console.error(`  ${row.id} ${shard + 1}/${shards}: ${seconds.toFixed(1)} s`);
    }
  };
  await Promise.all(Array.from({ length: cores }, takeOne));
  return found;
}

function outcomeOf(stdout, code, signal) {
  try {
    return JSON.parse(stdout.trimEnd().split('\n').at(-1));
  } catch {
    const message = `the process ended with ${signal ?? code} and said nothing of its outcome`;
    return { count: 0, violations: [{ where: 'its process', message }], notes: [] };
  }
}

function printTable() {
  const lines = rows.map((row) => {
    const mine = outcomes.filter((outcome) => outcome.row === row);
    const count = mine.reduce((sum, outcome) => sum + outcome.count, 0);
    const broken = mine.reduce((sum, outcome) => sum + outcome.violations.length, 0);
    const seconds = mine.reduce((sum, outcome) => sum + outcome.seconds, 0);
    const figure = row.figures[scale];
    const reached =
      mine.some(({ notes }) => notes.includes(TIME_OUT)) ||
      (typeof figure === 'number' ? count >= figure : count > 0);
    return { row, count, broken, seconds, figure, reached };
  });
  const width = Math.max(...lines.map(({ row }) => row.title.length), 20);
  const number = (value) => (typeof value === 'number' ? value.toLocaleString('en') : value).padStart(13);
  console.log(
    `\n${''.padEnd(width)} ${number('tried')} ${number('figure')} ${number('broken')} ${number('seconds')}`,
  );
  for (const { row, count, figure, broken, seconds, reached } of lines) {
    const mark = reached ? '' : '  not reached';
    console.log(
      `${row.title.padEnd(width)} ${number(count)} ${number(figure)} ${number(broken)} ${number(seconds.toFixed(0))}${mark}`,
    );
  }
  for (const { row, notes } of outcomes) for (const note of notes) console.log(`${row.id}: ${note}`);
  const violations = outcomes.flatMap(({ row, violations }) => violations.map((each) => ({ row, ...each })));
  for (const { row, where, message } of violations.slice(0, 50)) {
    console.log(`\nBROKEN ${row.id}, ${where}: ${message}`);
    console.log(
      `  again: npm run torture -- ${values.long ? '--long ' : values.part ? '--part ' : ''}--row ${row.id} --seed ${seed}`,
    );
  }
  const minutes = (Date.now() - started) / 60_000;
  console.log(
    `\nacknowledged writes lost, bad bytes returned as good, good records destroyed, losses without a word: ${violations.length}`,
  );
  console.log(`seed ${seed}, ${minutes.toFixed(1)} minutes, ${cores} processes`);
  const failed = lines.filter(({ broken, reached }) => broken > 0 || !reached).length;
  console.log(`\n${lines.length - failed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}
