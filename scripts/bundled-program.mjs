import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './ensure-installed.mjs';
import { root, runStep } from './run-step.mjs';

/**
 * Makes one file of a program that is written in TypeScript, with the packages and the command line that it needs:
 * what runs for minutes runs as the product does, not through a loader.
 * @param {string} entry path of its first module
 * @param {string} name what to call the file
 * @param {{ fresh?: boolean }} options `fresh`: the command line is built anew if its sources are younger
 * @returns {Promise<string>} the file
 */
export async function bundledProgram(entry, name, { fresh = false } = {}) {
  ensureInstalled();
  const commandLine = path.join(root, 'dist', 'cli.cjs');
  if (!existsSync(commandLine) || (fresh && statSync(commandLine).mtimeMs < youngest('src')))
    runStep('build', process.execPath, ['scripts/build.mjs']);
  const program = path.join(root, 'node_modules', '.cache', 'statelog', name);
  const { bundle } = await import('./bundle.mjs');
  await bundle(entry, program);
  return program;
}

/** When the youngest file under a folder was changed. */
function youngest(folder) {
  const files = readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true });
  return Math.max(...files.map((file) => statSync(path.join(file.parentPath, file.name)).mtimeMs));
}
