import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle } from '../../scripts/bundle.mjs';
import { projectRoot } from './project-root.js';

/** Is 1 where `dist/` is known to hold what the sources say, so that nothing need be bundled again. */
const BUILT = 'STATELOG_TEST_BUILT';

let folder: string | undefined;
const bundled = new Map<string, Promise<string>>();

/** A folder for what this process bundles, gone with it. Packages are found from there. */
function bundlesFolder(): string {
  if (folder !== undefined) return folder;
  const made = mkdtempSync(path.join(tmpdir(), 'statelog-program-'));
  process.once('exit', () => {
    rmSync(made, { recursive: true, force: true });
  });
  mkdirSync(path.join(made, 'dist'));
  for (const name of ['node_modules', 'package.json'])
    symlinkSync(path.join(projectRoot, name), path.join(made, name));
  cpSync(path.join(projectRoot, 'bin'), path.join(made, 'bin'), { recursive: true });
  return (folder = made);
}

/**
 * Makes one file of a module and all that it imports, which node runs in a process or a thread of its own.
 * @param source from the project's folder
 * @returns its path; the first caller waits for esbuild, and nobody after it
 */
export async function bundledModule(source: string): Promise<string> {
  return bundleAs(source, `${source.replaceAll(/[/.]/g, '-')}.cjs`);
}

/** True where `dist/` need not be made again. */
export function isBuilt(): boolean {
  return process.env[BUILT] === '1';
}

/** The path of the whole program, which node runs: as it was built, or bundled as the build does. */
export async function programFile(): Promise<string> {
  if (isBuilt()) return path.join(projectRoot, 'bin', 'run.js');
  await bundleAs('src/cli/program/start.ts', 'cli.cjs');
  return path.join(bundlesFolder(), 'bin', 'run.js');
}

function bundleAs(source: string, name: string): Promise<string> {
  const file = path.join(bundlesFolder(), 'dist', name);
  const before = bundled.get(source);
  if (before !== undefined) return before;
  const made = bundle(source, file).then(() => file);
  bundled.set(source, made);
  return made;
}
