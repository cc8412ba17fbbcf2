import path from 'node:path';
import { projectRoot } from './project-root.js';

/** Absolute path of a file that the original programs wrote. */
export function fixturePath(name: string): string {
  return path.join(projectRoot, 'test', 'fixtures', name);
}
