import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { programPath, root } from '../run-step.mjs';
import { compileTests } from './compile-tests.mjs';

/** A line of ava's summary: "12 tests passed", "1 test failed", "2 uncaught exceptions", … */
const SUMMARY_LINE =
  /^\s+(\d+) (tests? passed|tests? failed|tests? skipped|tests? remained pending|hooks? failed|unhandled rejections?|uncaught exceptions?|test files? |process exits?|timeouts?)/;
/** A test that passed. */
const PASSED = /^\s+✔ /;
/** ava's own part of a stack: a line for each test that ran before. */
const OWN_FRAME = /^\s+at .*(node_modules\/ava\/|node:internal\/)/;

/**
 * Compiles tests and runs them by ava.
 * @param {readonly string[]} files paths from the project's folder
 * @param {{ outdir: string, processes?: number, say?: (line: string) => void, mayAllBeSkipped?: boolean, inMemory?: boolean }} options where
 * to compile them to, from there; how many processes at a time: if not said one more than there are cores, since a test waits for disks,
 * too; told of each line that ava prints; whether a run that skipped all of its tests is good; whether
 * their files lie in memory, where they do not try the disk
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>} a run without a single test has failed
 */
export async function runTests(
  files,
  {
    outdir,
    processes = availableParallelism() + 1,
    say = console.log,
    mayAllBeSkipped = false,
    inMemory = false,
  },
) {
  const config = ['--config', 'compiled-tests.config.mjs', '--concurrency', String(processes)];
  const compiled = await compileTests(files, outdir, { inMemory });
  const ava = spawn(process.execPath, [programPath('ava'), ...config, ...compiled], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const counts = { passed: 0, failed: 0, skipped: 0, marked: 0 };
  const take = (line) => {
    if (OWN_FRAME.test(line)) return;
    say(line);
    countLine(line, counts);
  };
  let partOfLine = '';
  ava.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (partOfLine + text).split('\n');
    partOfLine = lines.pop();
    lines.forEach(take);
  });
  const code = await new Promise((resolve) => ava.on('close', resolve));
  if (partOfLine !== '') take(partOfLine);
  // Where a test failed ava's summary leaves out how many passed.
  counts.passed = Math.max(counts.passed, counts.marked);
  const isGood =
    code === 0 && counts.failed === 0 && counts.passed + (mayAllBeSkipped ? counts.skipped : 0) > 0;
  const { passed, skipped } = counts;
  return { passed, skipped, failed: isGood ? 0 : Math.max(counts.failed, 1) };
}

function countLine(line, counts) {
  if (PASSED.test(line)) counts.marked += 1;
  const [, count, what] = SUMMARY_LINE.exec(line) ?? [];
  if (what === undefined) return;
  if (what.endsWith('passed')) counts.passed += Number(count);
  else if (what.endsWith('skipped')) counts.skipped += Number(count);
  else counts.failed += Number(count);
}
