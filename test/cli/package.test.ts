import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { COMMANDS } from '../../src/commands/index.js';
import { needing } from '../support/needing.js';
import { projectRoot } from '../support/project-root.js';

interface Definition {
  readonly flags: Readonly<Record<string, { readonly hidden?: boolean }>>;
}

test('the manual page has every command, and every flag of each', async (t) => {
  const page = readFileSync(path.join(projectRoot, 'dist', 'statelog.1'), 'utf8').replaceAll('\\-', '-');
  for (const [command, load] of Object.entries(COMMANDS)) {
    const section = page.split(/^\.S[SH] /m).find((text) => text.startsWith(`"statelog ${command}"`));
    const { flags = {} } = (await load()).default as unknown as Partial<Definition>;
    for (const [flag] of Object.entries(flags).filter(([, { hidden }]) => hidden !== true))
      t.regex(section ?? '', new RegExp(`^\\.B --(\\[no-\\])?${flag}( |$)`, 'm'));
  }
});

const mandoc = spawnSync('mandoc', ['-Tlint', path.join(projectRoot, 'dist', 'statelog.1')], {
  encoding: 'utf8',
});

needing(
  test,
  'mandoc',
  mandoc.error === undefined,
)('mandoc has nothing to say of the manual page', (t) => {
  t.is(mandoc.stdout, '');
});
