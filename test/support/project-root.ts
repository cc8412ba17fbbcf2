import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, also for a test that was bundled into some folder below it. */
export const projectRoot = folderWith('package-lock.json', path.dirname(fileURLToPath(import.meta.url)));

function folderWith(name: string, folder: string): string {
  if (existsSync(path.join(folder, name)) || path.dirname(folder) === folder) return folder;
  return folderWith(name, path.dirname(folder));
}
