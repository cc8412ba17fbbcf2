import { spawn } from 'node:child_process';
import path from 'node:path';
import { bundleTests } from './bundled-tests.mjs';

/** A sabotage may well make a test hang: that is noticed too. */
const RUN_MS_MAX = 120_000;

/**
 * Runs tests in a folder until the first that fails, as one program: starting ava would take longer than most of them.
 * @param {string} folder the project's, or a copy's
 * @param {readonly string[]} files paths below it
 * @param {readonly string[]} titles patterns of titles; all if there are none
 * @returns {Promise<{ ended: boolean, passed: number, failed: string[], output: string, seconds: number }>} titles that
 * failed; `seconds` that it took
 */
export async function runTestsIn(folder, files, titles = []) {
  const started = Date.now();
  const tests = spawn(process.execPath, [await bundleTests(folder, files, titles)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_PATH: path.join(folder, 'node_modules'), FORCE_COLOR: '0' },
    detached: true,
  });
  let output = '';
  for (const stream of [tests.stdout, tests.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve) => {
    let ended = true;
    const clock = setTimeout(() => {
      ended = false;
      process.kill(-tests.pid, 'SIGKILL');
    }, RUN_MS_MAX);
    tests.on('close', (code) => {
      clearTimeout(clock);
      const results = [...output.matchAll(/^(not ok|ok) \d+ - (.*)$/gm)];
      const titlesOf = (state) => results.filter(([, found]) => found === state).map(([, , title]) => title);
      resolve({
        ended,
        passed: code === 0 ? titlesOf('ok').length : 0,
        failed: titlesOf('not ok'),
        output,
        seconds: (Date.now() - started) / 1000,
      });
    });
  });
}
