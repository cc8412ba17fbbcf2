import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from './project-root.js';

/** A line after `$ ` on a page, and what stands under it up to the next. */
export interface Example {
  readonly command: string;
  readonly expected: string;
}

/** The examples of a page, in their order. */
export function examplesOf(page: string): Example[] {
  const markdown = readFileSync(path.join(projectRoot, page), 'utf8');
  const blocks = [...markdown.matchAll(/```console\n([\s\S]*?)```/g)].map((match) => match[1]!);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf('\n');
        return { command: part.slice(0, end), expected: part.slice(end + 1) };
      }),
  );
}

/** The comment at the end of an example: the lines that it prints. */
export function promisedBy(source: string): string {
  const [, end] = /^(?:\/\/|#) Prints:\n([\s\S]*)$/m.exec(source) ?? [];
  return (end ?? '').replaceAll(/^(\/\/|#) /gm, '');
}

/** What a command line printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** A shell in an empty folder, where `statelog` is the program as it was built. */
export function exampleShell(folder: string): (command: string) => Printed {
  const programs = path.join(folder, 'bin');
  const cwd = path.join(folder, 'work');
  mkdirSync(programs);
  mkdirSync(cwd);
  const program = `#!/bin/sh\nexec '${process.execPath}' '${path.join(projectRoot, 'bin', 'run.js')}' "$@"\n`;
  writeFileSync(path.join(programs, 'statelog'), program, { mode: 0o755 });
  const env = { ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}`, NO_COLOR: '1' };
  return (command) => spawnSync('sh', ['-c', command], { cwd, env, encoding: 'utf8' });
}
