import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../support/project-root.js';

const folder = path.join(projectRoot, 'test', 'cases');

/** True if we may mount, and be other users. */
export const isRoot = process.geteuid?.() === 0;

/** True for a script that does nothing but for root (`lib.sh`). */
export function needsRoot(script: string): boolean {
  return /\bneed_root\b/.test(readFileSync(path.join(folder, script), 'utf8'));
}

/** What a script said, and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly said: string;
}

/** The program as it was built, copied to where every user may read it: scripts run it as other users too. */
export class InstalledProgram {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'statelog-cases-'));

  constructor() {
    chmodSync(this.#folder, 0o755);
    const packages = ['@koromix', '@node-rs', '@napi-rs'].map((name) => path.join('node_modules', name));
    for (const part of ['bin', 'dist', 'package.json', ...packages]) {
      cpSync(path.join(projectRoot, part), path.join(this.#folder, part), { recursive: true });
    }
  }

  /** Runs a script of this folder on it. */
  run(script: string): Promise<Outcome> {
    const file = path.join(folder, script);
    // A writer that stops at once leaves a pipe without a reader: the script is to see that, and not to die of it.
    const shell = spawn('bash', ['-c', 'trap "" PIPE; exec bash "$1"', 'case', file], {
      env: {
        ...process.env,
        STATELOG: path.join(this.#folder, 'bin', 'run.js'),
        FIXTURES: path.join(projectRoot, 'test', 'fixtures'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    }
    return new Promise((resolve) => {
      shell.on('close', (code) => {
        resolve({ code, said });
      });
    });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
