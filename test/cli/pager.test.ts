import { spawnSync } from 'node:child_process';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../support/command-line.js';
import { fixturePath } from '../support/fixtures.js';
import { needing } from '../support/needing.js';
import { projectRoot } from '../support/project-root.js';
import {
  atTerminal,
  hasPseudoTerminals,
  type TerminalResult,
  type TerminalStep,
} from '../support/pseudo-terminal.js';
import { tempDir } from '../support/temp-dir.js';

const program = path.join(projectRoot, 'bin', 'run.js');
const cores = fixturePath('wal-cores');
const fold = fixturePath('fold-log.snap');
/** Marks each line that goes through it. */
const MARKING = "sed 's/^/|/'";

const terminalTest = needing(test, 'python3', hasPseudoTerminals);
const lessTest = needing(
  test,
  'python3 and less',
  hasPseudoTerminals && spawnSync('less', ['-V']).status === 0,
);

const environment = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', TERM: 'xterm' };

function statelog(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  steps: readonly TerminalStep[] = [],
): Promise<TerminalResult> {
  return atTerminal({
    argv: [process.execPath, program, ...argv],
    env: { ...environment, ...env },
    steps,
  });
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

terminalTest(
  'output that is longer than the screen goes through the pager, all of it and once',
  async (t) => {
    const plain = linesOf((await statelog(['wal-replay', cores, '--no-pager'])).output);
    t.true(plain.length > 24);
    const paged = await statelog(['wal-replay', cores], { STATELOG_PAGER: MARKING });
    t.deepEqual(
      linesOf(paged.output),
      plain.map((line) => `|${line}`),
    );
    t.is(paged.status, 0);
    t.true(paged.isTerminalRestored);
  },
);

terminalTest('output that fits the screen is just there', async (t) => {
  const { output, status } = await statelog(['wal-replay', cores, '--limit', '5'], {
    STATELOG_PAGER: MARKING,
  });
  t.is(linesOf(output).length, 5);
  t.false(output.includes('|'));
  t.is(status, 0);
});

terminalTest('a terminal that does not say how large it is counts as one of 24 rows', async (t) => {
  const session = { env: { ...environment, STATELOG_PAGER: MARKING }, rows: 0, columns: 0 };
  const argv = [process.execPath, program, 'wal-replay', cores];
  const short = await atTerminal({ ...session, argv: [...argv, '--limit', '5'] });
  t.false(short.output.includes('|'));
  const long = await atTerminal({ ...session, argv });
  t.true(linesOf(long.output).every((line) => line.startsWith('|')));
});

terminalTest('each command that may print much has a pager', async (t) => {
  const other = path.join(tempDir(t), 'other.snap');
  await commandLine(['put', other, 'a', 'b']);
  for (const [argv, status] of [
    [['scan', fold], 0],
    [['diff', other, fold], 1],
    [['verify', cores, cores, ...Array.from({ length: 30 }, () => fold)], 0],
    [['help', 'verify'], 0],
    [['wal-replay', '--help'], 0],
  ] as const) {
    const paged = await statelog(argv, { STATELOG_PAGER: MARKING });
    const lines = linesOf(paged.output);
    t.true(lines.length > 24, argv.join(' '));
    t.true(
      lines.every((line) => line.startsWith('|')),
      `${argv.join(' ')}\n${paged.output}`,
    );
    t.is(paged.status, status, argv.join(' '));
  }
  const plain = await statelog(['scan', fold, '--no-pager'], { STATELOG_PAGER: MARKING });
  t.false(linesOf(plain.output).some((line) => line.startsWith('|')));
});

terminalTest(
  'STATELOG_PAGER goes before PAGER, and neither means no pager where it is empty or cat',
  async (t) => {
    const isPaged = async (env: Record<string, string>): Promise<boolean> =>
      linesOf((await statelog(['scan', fold], env)).output).every((line) => line.startsWith('|'));
    t.true(await isPaged({ PAGER: MARKING }));
    t.true(await isPaged({ PAGER: 'false', STATELOG_PAGER: MARKING }));
    t.false(await isPaged({ PAGER: MARKING, STATELOG_PAGER: '' }));
    t.false(await isPaged({ PAGER: MARKING, STATELOG_PAGER: 'cat' }));
    t.false(await isPaged({ PAGER: MARKING, TERM: 'dumb' }));
  },
);

terminalTest('with a pager that is not there, the output is all the same', async (t) => {
  const plain = linesOf((await statelog(['scan', fold, '--no-pager'])).output);
  const { output, status } = await statelog(['scan', fold], { STATELOG_PAGER: 'no-such-pager-anywhere' });
  t.deepEqual(
    linesOf(output).filter((line) => !line.includes('no-such-pager-anywhere')),
    plain,
  );
  t.is(status, 0);
});

terminalTest('a pager that was killed leaves the terminal as it was', async (t) => {
  const { isTerminalRestored, status } = await statelog(['scan', fold], {
    STATELOG_PAGER: 'stty raw -echo < /dev/tty; kill -9 $$',
  });
  t.true(isTerminalRestored);
  t.is(status, 0);
});

function isLeft(t: ExecutionContext, { isTerminalRestored, status }: TerminalResult, expected: number): void {
  t.true(isTerminalRestored);
  t.is(status, expected);
}

lessTest('less is the pager where none is named, and what is left unread is not asked for', async (t) => {
  isLeft(t, await statelog(['wal-replay', cores], {}, [{ after: ':', keys: 'q' }]), 0);
});

lessTest(
  'Ctrl-C leaves the pager its screen, and the program ends by the signal once that is left',
  async (t) => {
    const steps: readonly TerminalStep[] = [
      { after: '\n:', keys: '\u0003' },
      { unheard: 'SIGINT', keys: 'q' },
    ];
    isLeft(t, await statelog(['wal-replay', cores], {}, steps), -2);
  },
);

lessTest('a program that is told to end takes its pager with it', async (t) => {
  isLeft(t, await statelog(['wal-replay', cores], {}, [{ after: '\n:', signal: 'SIGTERM' }]), -15);
});

test('what goes to a pipe goes through no pager', (t) => {
  const env = { ...environment, STATELOG_PAGER: MARKING };
  const { stdout, status } = spawnSync(process.execPath, [program, 'scan', fold], { env, encoding: 'utf8' });
  t.is(status, 0);
  t.true(linesOf(stdout).length > 24);
  t.false(linesOf(stdout).some((line) => line.startsWith('|')));
});
