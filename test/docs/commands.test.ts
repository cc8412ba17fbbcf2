import test from 'ava';
import { exampleShell, examplesOf } from '../support/shell-examples.js';
import { tempDir } from '../support/temp-dir.js';

for (const command of ['verify', 'wal-replay']) {
  test(`the transcripts of the page of ${command} run as they stand`, (t) => {
    const shell = exampleShell(tempDir(t));
    const examples = examplesOf(`docs/commands/${command}.md`);
    t.true(examples.length >= 4);
    for (const example of examples) {
      const { stdout, stderr } = shell(example.command);
      t.is(stdout, example.expected, `${example.command}\n${stderr}`);
    }
  });
}
