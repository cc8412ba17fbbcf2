import { readFileSync } from 'node:fs';
import test from 'ava';
import { exitCodeOfError } from '../../src/cli/errors/exit-codes.js';
import { ERROR_CODES } from '../../src/engine/errors.js';
import { DAMAGE_CLASSES } from '../../src/engine/finding.js';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

test('docs/errors.md lists every code with its exit code', (t) => {
  for (const code of ERROR_CODES)
    t.regex(page, new RegExp(`^\\| \`${code}\` +\\| ${exitCodeOfError(code)} +\\|`, 'm'));
});

test('docs/errors.md lists every class of damage', (t) => {
  for (const name of DAMAGE_CLASSES) t.regex(page, new RegExp(`^\\| \`${name}\``, 'm'));
});
