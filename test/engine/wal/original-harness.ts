import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** The originals' own reader, where it was built: ORIGINALS_HARNESS, or the place its README names. */
export const originalPath =
  process.env['ORIGINALS_HARNESS'] ?? path.join(homedir(), '.cache/originals/release/harness');

const OUTPUT_BYTES_MAX = 1024 * 1024 * 1024;

/** What it takes to ask it. */
export const ORIGINAL = "LaminarDB's own reader, built (test/originals)";
export const isOriginalThere = existsSync(originalPath);

/** What the original reads in a file or folder, a line an object. */
export function readByOriginal(
  kind: 'wal' | 'wal-dir' | 'state' | 'snap',
  file: string,
): Record<string, unknown>[] {
  const output = execFileSync(originalPath, ['dump', kind, file], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
