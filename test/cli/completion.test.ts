import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../support/command-line.js';
import { needing } from '../support/needing.js';
import { projectRoot } from '../support/project-root.js';
import { tempDir } from '../support/temp-dir.js';

/* The scripts that `statelog completion` prints, used by the shells themselves: Tab in a pseudo-terminal. */

function isThere(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** A folder with a store `s`, and the program as `statelog` on the path. */
async function placeFor(t: ExecutionContext): Promise<{ folder: string; environment: NodeJS.ProcessEnv }> {
  const folder = tempDir(t);
  await commandLine(['create', path.join(folder, 's')]);
  for (const key of ['user:first', 'user:second', 'user:with a space', 'zone', '$(exit)'])
    await commandLine(['put', path.join(folder, 's'), key, `<value of ${key}>`]);
  mkdirSync(path.join(folder, 'bin'));
  symlinkSync(path.join(projectRoot, 'bin/run.js'), path.join(folder, 'bin/statelog'));
  const environment = {
    PATH: `${path.join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
  };
  return { folder, environment };
}

/** The screen after keys were typed into a shell in a pseudo-terminal. */
function typed(
  command: string,
  keys: string,
  { folder, environment }: { folder: string; environment: NodeJS.ProcessEnv },
): string {
  return spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    env: environment,
    input: keys,
    encoding: 'utf8',
  }).stdout;
}

/** Command lines that are typed, Tab for what is left out, and what they print. */
const LINES: readonly (readonly [string, string])[] = [
  ['statelog get s zo\t\n', '<value of zone>'],
  ['statelog get s user:f\t\n', '<value of user:first>'],
  ['statelog get s user:w\t\n', '<value of user:with a space>'],
  ["statelog get s '$(e\t\n", '<value of $(exit)>'],
  ['statelog sca\ts --keys-o\t--pre\tuser:s\t\n', 'user:second\r\n'],
  ['statelog get s --enco\the\t7a6f6e65\n', '<value of zone>'],
];

/** How each shell is started without anybody's settings, and given the script. */
const SHELLS: readonly (readonly [string, string, string])[] = [
  ['bash', 'bash --norc --noprofile -i', 'source <(statelog completion bash)'],
  ['zsh', 'zsh -f -i', 'autoload -Uz compinit; compinit -u -D; source <(statelog completion zsh)'],
  ['fish', 'fish --no-config -i', 'statelog completion fish | source'],
];

for (const [shell, command, setup] of SHELLS)
  needing(
    test,
    `${shell} and script`,
    isThere(shell) && isThere('script'),
  )(`${shell} completes commands, flags, their values and keys`, async (t) => {
    const place = await placeFor(t);
    const screen = typed(command, `${setup}\n${LINES.map(([keys]) => keys).join('')}exit\n`, place);
    let rest = screen;
    for (const [keys, printed] of LINES) {
      const [, ...after] = rest.split(printed);
      t.not(after.length, 0, `${JSON.stringify(keys)}: ${screen}`);
      rest = after.join(printed);
    }
  });

needing(
  test,
  'shellcheck',
  isThere('shellcheck'),
)('shellcheck has nothing to say of the script for bash', async (t) => {
  const { stdout } = await commandLine(['completion', 'bash']);
  const { stdout: said } = spawnSync('shellcheck', ['-s', 'bash', '-'], { input: stdout, encoding: 'utf8' });
  t.is(said, '');
});

test('a shell for which there is no script is refused with those for which there is one', async (t) => {
  const { exitCode, stderr } = await commandLine(['completion', 'tcsh']);
  t.is(exitCode, 2);
  t.regex(stderr, /bash, zsh, fish/);
});
