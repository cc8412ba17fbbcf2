import { spawnSync } from 'node:child_process';
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
