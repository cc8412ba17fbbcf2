import test from 'ava';
import { exampleShell, examplesOf } from '../support/shell-examples.js';
import { tempDir } from '../support/temp-dir.js';

test('the transcripts of docs/moving.md run as they stand', (t) => {
  const shell = exampleShell(tempDir(t));
  const examples = examplesOf('docs/moving.md');
  t.true(examples.length > 12);
  for (const { command, expected } of examples) {
    const { stdout, stderr } = shell(command);
    t.is(stdout, expected, `${command}\n${stderr}`);
  }
});
