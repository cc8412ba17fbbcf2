import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Slipstream 0.8 itself, where it was built: ORIGINALS_0_8, or where its README says. */
const built = ['release', 'debug'].map((profile) =>
  path.join(homedir(), '.cache/originals-0.8', profile, 'originals-0-8'),
);
const program = process.env['ORIGINALS_0_8'] ?? built.find(existsSync) ?? built[0]!;

/** What it takes to ask it. */
export const NEWEST_ORIGINAL = 'Slipstream 0.8, built (test/originals)';

export const newestOriginal = {
  path: program,
  isThere: existsSync(program),
  /** The cursor and the entries of a log, a line each. It may rewrite the log. */
  dump(file: string): string[] {
    return execFileSync(program, ['dump', file], { encoding: 'utf8' }).replace(/\n$/, '').split('\n');
  },
};
