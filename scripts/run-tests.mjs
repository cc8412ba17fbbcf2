import { spawn } from 'node:child_process';
import { programPath, root } from './run-step.mjs';

/** A line of ava's summary: "12 tests passed", "1 test failed", "2 uncaught exceptions", … */
const SUMMARY_LINE =
  /^\s+(\d+) (tests? passed|tests? failed|tests? remained pending|hooks? failed|unhandled rejections?|uncaught exceptions?|test files? |process exits?|timeouts?)/;

/**
 * Runs ava, passes on what it prints, and closes with `N passed, N failed`. Sets the exit
 * code; a run without a single test has failed.
 * @param {readonly string[]} avaArguments which tests; all if there are none
 * @returns {Promise<void>}
 */
export function runTests(avaArguments) {
  const ava = spawn(process.execPath, [programPath('ava'), ...avaArguments], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const counts = { passed: 0, failed: 0 };
  let partOfLine = '';
  ava.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    const lines = (partOfLine + text).split('\n');
    partOfLine = lines.pop();
    for (const line of lines) countLine(line, counts);
  });
  return new Promise((resolve) => {
    ava.on('close', (code) => {
      countLine(partOfLine, counts);
      const { passed, failed } = counts;
      const isGood = code === 0 && failed === 0 && passed > 0;
      console.log(`\n${passed} passed, ${isGood ? 0 : Math.max(failed, 1)} failed`);
      process.exitCode = isGood ? 0 : 1;
      resolve();
    });
  });
}

function countLine(line, counts) {
  const [, count, what] = SUMMARY_LINE.exec(line) ?? [];
  if (what === undefined) return;
  if (what.endsWith('passed')) counts.passed += Number(count);
  else counts.failed += Number(count);
}
