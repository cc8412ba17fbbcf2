import test from 'ava';
import { exampleShell, examplesOf } from '../support/shell-examples.js';
import { tempDir } from '../support/temp-dir.js';

test("the README's shell examples print what it says", (t) => {
  const shell = exampleShell(tempDir(t));
  const examples = examplesOf('README.md');
  t.true(examples.length > 12);
  for (const { command, expected } of examples) {
    const { stdout, stderr } = shell(command);
    if (expected !== '' || !command.includes('export') || command.includes('import')) {
      t.is(stdout.replace(/^(\S+: .*digest [0-9a-f]{64}\n)+/gm, ''), expected, `${command}\n${stderr}`);
    }
  }
});
