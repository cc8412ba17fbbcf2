import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commandLine } from '../../support/command-line.js';
import { projectRoot } from '../../support/project-root.js';

/** The program, as it was built. */
export const PROGRAM = path.join(projectRoot, 'bin', 'run.js');

/** How a process of the program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program to its end. */
export function runProgram(argv: readonly string[], input = ''): Ended {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...argv], {
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status, signal, stdout, stderr };
}

/**
 * Runs a command to its end in this process, which takes a tenth of the time: for what prepares a store that a process
 * of the program then works on, and for what looks at it afterwards.
 */
export async function runHere(argv: readonly string[]): Promise<Ended> {
  const { exitCode, stdout, stderr } = await commandLine(argv);
  return { code: exitCode, signal: null, stdout, stderr };
}

/** A process of the program that is under way, and what it has said so far. */
export class RunningProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  #stderr = '';

  /** @param staysOpen true: its input goes on with what the caller writes to `child.stdin` */
  constructor(argv: readonly string[], input = '', staysOpen = false) {
    this.child = spawn(process.execPath, [PROGRAM, ...argv], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    // The process may die before it has taken its input.
    this.child.stdin!.on('error', () => undefined);
    this.child.stdin!.write(input);
    if (!staysOpen) this.child.stdin!.end();
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.#stderr });
      });
    });
  }
}

/** Runs with a folder of its own, which is removed afterwards. */
export async function inFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'statelog-torture-'));
  try {
    await action(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Throws unless the process ended with one of the codes. */
export function mustEnd(ended: Ended, codes: readonly number[], what: string): Ended {
  if (ended.code !== null && codes.includes(ended.code)) return ended;
  throw new Error(`${what} ended with ${ended.signal ?? ended.code}: ${ended.stderr.trim().slice(0, 300)}`);
}
