import { spawn } from 'node:child_process';
import path from 'node:path';
import { programPath } from '../run-step.mjs';

/** A sabotage may well make a test hang: that is noticed too. */
const RUN_MS_MAX = 120_000;

/**
 * Runs tests in a folder until the first that fails.
 * @param {string} folder the project's, or a copy's
 * @param {readonly string[]} files paths below it
 * @param {readonly string[]} titles patterns of titles; all if there are none
 * @returns {Promise<{ ended: boolean, passed: number, failed: string[], output: string, seconds: number }>} titles that
 * failed, as ava has them; `seconds` of work by its processes
 */
export function runTestsIn(folder, files, titles = []) {
  const matches = titles.flatMap((title) => ['--match', title]);
  const ava = spawn(process.execPath, [programPath('ava'), '--tap', '--fail-fast', ...matches, ...files], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_PATH: path.join(folder, 'node_modules'), FORCE_COLOR: '0' },
    detached: true,
  });
  const started = Date.now();
  let output = '';
  for (const stream of [ava.stdout, ava.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve) => {
    let ended = true;
    const clock = setTimeout(() => {
      ended = false;
      process.kill(-ava.pid, 'SIGKILL');
    }, RUN_MS_MAX);
    ava.on('close', (code) => {
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
