import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { tempDir } from '../support/temp-dir.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

/** A line after `$ `, and what stands under it up to the next. */
interface Example {
  readonly command: string;
  readonly expected: string;
}

function examplesOf(markdown: string): Example[] {
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

test("the README's shell examples print what it says", (t) => {
  const folder = tempDir(t);
  const programs = path.join(folder, 'bin');
  const work = path.join(folder, 'work');
  mkdirSync(programs);
  mkdirSync(work);
  const program = `#!/bin/sh\nexec '${process.execPath}' '${path.join(root, 'bin', 'run.js')}' "$@"\n`;
  writeFileSync(path.join(programs, 'statelog'), program, { mode: 0o755 });
  const env = { ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}`, NO_COLOR: '1' };
  const examples = examplesOf(readme);
  t.true(examples.length > 12);
  for (const { command, expected } of examples) {
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: work, env, encoding: 'utf8' });
    if (expected !== '' || !command.includes('export') || command.includes('import')) {
      t.is(stdout.replace(/^(\S+: .*digest [0-9a-f]{64}\n)+/gm, ''), expected, `${command}\n${stderr}`);
    }
  }
});
