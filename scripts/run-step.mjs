import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

/** The project's folder. */
export const root = path.resolve(import.meta.dirname, '..');

/**
 * Runs a command in the project's folder with our own output, and ends this process with its
 * exit code where it fails.
 */
export function runStep(name, command, commandArguments) {
  const { status, error } = spawnSync(command, commandArguments, { cwd: root, stdio: 'inherit' });
  if (error === undefined && status === 0) return;
  endAfter(name, status, error);
}

/**
 * Runs lists of commands side by side, those of one list one after the other, and says what each printed once it has
 * ended. Ends this process with the exit code of the first that fails.
 * @param {...(readonly [name: string, ...commandArguments: string[]])[]} lanes programs that node runs
 * @returns {Promise<void>}
 */
export async function runStepsSideBySide(...lanes) {
  const running = new Set();
  const runLane = async (steps) => {
    for (const [name, ...commandArguments] of steps) {
      const child = spawn(process.execPath, commandArguments, { cwd: root });
      running.add(child);
      let said = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text) => (said += text));
      }
      const status = await new Promise((resolve) => child.on('close', resolve));
      running.delete(child);
      process.stderr.write(said);
      if (status === 0) continue;
      for (const other of running) other.kill();
      endAfter(name, status);
    }
  };
  await Promise.all(lanes.map(runLane));
}

function endAfter(name, status, error) {
  console.error(`statelog: ${name} failed${error === undefined ? '' : `: ${error.message}`}`);
  process.exit(status || 1);
}

/** The path of a program that an installed package brings, such as `eslint`'s. */
export function programPath(packageName, program = packageName) {
  const resolve = createRequire(path.join(root, 'package.json'));
  const manifestPath = path.join(root, 'node_modules', packageName, 'package.json');
  const { bin } = resolve(manifestPath);
  return path.join(path.dirname(manifestPath), typeof bin === 'string' ? bin : bin[program]);
}
