import { cpSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { shellWord } from '../../src/engine/bytes/text/command-hints.js';
import { HELP_EXAMPLES } from '../../src/cli/program/help-examples.js';
import { COMMANDS } from '../../src/commands/index.js';
import { commandLine } from '../support/command-line.js';
import { exampleShell, type Printed } from '../support/shell-examples.js';
import { tempDir } from '../support/temp-dir.js';

/** Makes what the examples speak of, and programs that stand in for those of other hosts. */
const PREPARATION = `
mkdir lies && cd lies
for i in 16 17 18; do statelog put orders order:$i "$i apples" || exit; done
statelog checkpoint orders && statelog put orders order:20 none || exit
cp -r orders yesterday && statelog delete yesterday order:16 && statelog export orders backup || exit
statelog export orders "file://$PWD/bucket/edge/orders" || exit
statelog replicate orders "file://$PWD/bucket/edge/orders" || exit
cp -r orders damaged && printf XXXX | dd of=damaged/checkpoints/1/state-0.db bs=1 seek=40 conv=notrunc 2>/dev/null
cp -r orders torn && rm torn/CLOSED && echo '{}' > torn/LOCK && printf X >> torn/wal/2/wal-0.log
mkdir -p other .config/fish/completions && cp -r orders other
printf '#!/bin/sh\\nshift; cd other; exec "$@"\\n' > ../../bin/ssh && chmod +x ../../bin/ssh`;

/** Exit codes that are no 0: of lines that find damage, or a difference. */
const CODES: readonly (readonly [RegExp, string])[] = [
  // It ends when it is told to.
  [/^statelog inspect/, '143'],
  [/damaged/, '3'],
  [/^statelog diff yesterday orders( --report \S+)?$/, '1'],
  // Nothing listens here: with a server they run in test/servers.
  [/nats:\/\/localhost/, '6'],
  // Nobody has keys to this bucket.
  [/s3:\/\/my-bucket/, '6'],
];

test('every command has examples in its help, and each runs as it stands', async (t) => {
  t.deepEqual(Object.keys(HELP_EXAMPLES).sort(), Object.keys(COMMANDS).sort());
  const folder = tempDir(t);
  const shell = exampleShell(folder);
  t.is(shell(`${PREPARATION} && echo made`).stdout.split('\n').at(-2), 'made');
  for (const [command, examples] of Object.entries(HELP_EXAMPLES)) {
    const place = path.join(folder, 'work', command);
    cpSync(path.join(folder, 'work', 'lies'), place, { recursive: true });
    for (const [, line] of examples) {
      const { code, said } = PLAIN_LINE.test(line)
        ? await runHere(line, place)
        : runInShell(line, place, shell);
      t.is(code, CODES.find(([pattern]) => pattern.test(line))?.[1] ?? '0', `${line}\n${said}`);
    }
  }
});

interface Outcome {
  readonly code: string | undefined;
  readonly said: string;
}

/** A command and its words, with nothing in it that only a shell knows, and that ends by itself. */
const PLAIN_LINE = /^statelog (?!inspect )[\w ./:=-]+$/;

async function runHere(line: string, place: string): Promise<Outcome> {
  const before = process.cwd();
  process.chdir(place);
  try {
    const { exitCode, stdout, stderr } = await commandLine(line.split(' ').slice(1));
    return { code: String(exitCode), said: stdout + stderr };
  } finally {
    process.chdir(before);
  }
}

function runInShell(line: string, place: string, shell: (command: string) => Printed): Outcome {
  const { stdout, stderr } = shell(
    `cd ${place} && HOME=${place} bash -o pipefail -c ${shellWord(endingLine(line))}; echo " exit $?"`,
  );
  return { code: / exit (\d+)\n$/.exec(stdout)?.[1], said: stdout + stderr };
}

/** A line that ends: what serves until it is stopped is stopped once it has said its address. */
function endingLine(line: string): string {
  if (!line.startsWith('statelog inspect')) return line;
  return `rm -f address; mkfifo address && { ${line} > address & read -r url < address; kill $!; wait $!; }`;
}
