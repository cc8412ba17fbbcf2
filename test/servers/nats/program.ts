import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { projectRoot } from '../../support/project-root.js';

/** A command of the built program that is under way. */
export interface RunningCommand {
  readonly process: ChildProcess;
  /** Resolves when it has ended. */
  readonly ended: Promise<EndedCommand>;
}

/** How a command ended, and what it said. */
export interface EndedCommand {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a command of the program as it was built; nothing of the environment's credentials is used. */
export function startCommand(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): RunningCommand {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NATS_')));
  const child = spawn(process.execPath, [path.join(projectRoot, 'bin', 'run.js'), ...argv], {
    env: { ...own, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = (async (): Promise<EndedCommand> => {
    const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { exitCode, signal, stdout, stderr };
  })();
  return { process: child, ended };
}

/** Runs a command to its end. */
export function runCommand(argv: readonly string[], environment?: NodeJS.ProcessEnv): Promise<EndedCommand> {
  return startCommand(argv, environment).ended;
}
