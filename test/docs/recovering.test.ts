import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { DAMAGE_CLASSES } from '../../src/engine/finding.js';
import { projectRoot } from '../support/project-root.js';
import { exampleShell, examplesOf } from '../support/shell-examples.js';
import { tempDir } from '../support/temp-dir.js';

const PAGE = 'docs/recovering.md';

/** Records hold the time at which they were written: it is another one each time, and so are their checksums. */
function withoutTimes(text: string): string {
  return text
    .replaceAll(/\b0x[0-9a-f]{8}\b/g, '0x…')
    .replaceAll(/\b\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, 'TIME')
    .replaceAll(/\bblake3 [0-9a-f]{64}/g, 'blake3 …');
}

test('the transcripts of docs/recovering.md run as they stand, from the first error to a working store', (t) => {
  const shell = exampleShell(tempDir(t));
  const examples = examplesOf(PAGE);
  t.true(examples.length > 25);
  for (const { command, expected } of examples) {
    const { stdout, stderr } = shell(command);
    t.is(withoutTimes(stdout), expected, `${command}\n${stderr}`);
  }
});

test('each command of the first transcript is one that the line before it hinted at', (t) => {
  const shell = exampleShell(tempDir(t));
  let said = '';
  for (const { command } of examplesOf(PAGE).slice(0, 8)) {
    const [hinted] = /^(statelog (verify|repair) [\w. -]+?)( 2>&1)?( \|\|.*)?$/.exec(command)?.slice(1) ?? [];
    if (hinted !== undefined) t.true(said.includes(`'${hinted}'`), `${command}: ${said}`);
    const { stdout, stderr } = shell(command);
    said = `${stdout}${stderr}`;
  }
  for (const command of ['mv orders orders-damaged', 'mv orders-repaired orders'])
    t.true(said.includes(command));
});

test('docs/recovering.md says of each class of damage what helps', (t) => {
  const page = readFileSync(path.join(projectRoot, PAGE), 'utf8');
  for (const name of DAMAGE_CLASSES) t.regex(page, new RegExp(`^\\| \`${name}\``, 'm'));
});
