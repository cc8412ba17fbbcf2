import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Each name below a folder, and the folder, with all that somebody's work could change of it: a line each. */
export function everythingIn(root: string): string[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  return ['.', ...names].map((name) => {
    const status = lstatSync(path.join(root, name), { bigint: true });
    const { mode, uid, gid, nlink, size, mtimeNs, ctimeNs } = status;
    return [name, mode, uid, gid, nlink, size, mtimeNs, ctimeNs].join(' ');
  });
}
