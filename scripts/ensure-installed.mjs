import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root, runStep } from './run-step.mjs';

/** What npm leaves in node_modules: the lock of what is installed. */
const installedLock = path.join(root, 'node_modules', '.package-lock.json');

/** True if the packages of package-lock.json are installed, each at its version. */
function isInstalled() {
  if (!existsSync(installedLock)) return false;
  const wanted = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([place, { version, optional }]) =>
      place === '' || installed[place]?.version === version || (optional === true && !(place in installed)),
  );
}

/**
 * Installs the packages on a fresh clone, and whenever the lock has changed. No install
 * script is allowed to run. Uses what Node brings, since nothing else may be there yet.
 */
export function ensureInstalled() {
  if (isInstalled()) return;
  runStep('npm ci', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
}
