import { fileURLToPath } from 'node:url';

const fixturesFolder = new URL('../../../shared/fixtures/', import.meta.url);

/** Absolute path of a file that the original programs wrote. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(name, fixturesFolder));
}
