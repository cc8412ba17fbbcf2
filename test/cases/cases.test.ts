import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { projectRoot } from '../support/project-root.js';

/*
 * The scripts of this folder, on the program as it was built. They run it as other users too, so it is copied to where
 * every user may read it.
 */

const folder = path.join(projectRoot, 'test', 'cases');
/** It only shows messages. */
const SHOWS_ONLY = '20-messages.sh';
const scripts = readdirSync(folder).filter((name) => name.endsWith('.sh') && /^\d/.test(name));
const MINUTES_MAX = 4;

const installed = mkdtempSync(path.join(tmpdir(), 'statelog-cases-'));
const program = path.join(installed, 'bin', 'run.js');

test.before(() => {
  chmodSync(installed, 0o755);
  for (const part of ['bin', 'dist', 'package.json']) {
    cpSync(path.join(projectRoot, part), path.join(installed, part), { recursive: true });
  }
  for (const part of ['@koromix', '@node-rs', '@napi-rs']) {
    const from = path.join(projectRoot, 'node_modules', part);
    cpSync(from, path.join(installed, 'node_modules', part), { recursive: true });
  }
});

test.after.always(() => {
  rmSync(installed, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number | null;
  readonly said: string;
}

function runScript(name: string): Promise<Outcome> {
  // A writer that stops at once leaves a pipe without a reader: the script is to see that, and not to die of it.
  const script = spawn('bash', ['-c', 'trap "" PIPE; exec bash "$1"', 'case', path.join(folder, name)], {
    env: { ...process.env, STATELOG: program, FIXTURES: path.join(projectRoot, 'test', 'fixtures') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [script.stdout, script.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  return new Promise((resolve) => {
    script.on('close', (code) => {
      resolve({ code, said });
    });
  });
}

for (const name of scripts.filter((script) => script !== SHOWS_ONLY)) {
  test.serial(`the fault of ${name} is gone`, async (t) => {
    t.timeout(MINUTES_MAX * 60_000);
    const { code, said } = await runScript(name);
    if (/^skipped:/m.test(said)) t.log(said.trim());
    t.is(code, 0, said);
  });
}
