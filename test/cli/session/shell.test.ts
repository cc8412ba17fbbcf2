import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../../support/command-line.js';
import { needing } from '../../support/needing.js';
import { programFile } from '../../support/program.js';
import { tempDir } from '../../support/temp-dir.js';

/* The shell of `session` as a person has it, in a pseudo-terminal that script(1) makes. */

let program = '';
const UP = '\u001b[A';
const CONTROL_C = '\u0003';
const CONTROL_D = '\u0004';

test.before(async () => {
  program = await programFile();
});

/** What is typed, and what must have come before the next is. */
type Typed = readonly [keys: string, until: RegExp];

interface Seen {
  readonly screen: string;
  /** The settings of the terminal before and after. */
  readonly settings: readonly string[];
  readonly code: string;
}

/** Types into a session, in a terminal, and gives all that it showed. */
async function typed(store: string, keys: readonly Typed[]): Promise<Seen> {
  const command = `stty -g; ${process.execPath} ${program} session ${store}; echo "code $?"; stty -g`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' },
  });
  let screen = '';
  let seen = 0;
  let onOutput: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    onOutput();
  });
  const closed = once(child, 'close');
  const reach = async (until: RegExp): Promise<void> => {
    while (!until.test(screen.slice(seen))) await new Promise<void>((resolve) => (onOutput = resolve));
    seen = screen.length;
  };
  await reach(/statelog> \u001b\[11G$/);
  for (const [text, until] of keys) {
    child.stdin.write(text);
    await reach(until);
  }
  child.stdin.end();
  await closed;
  const lines = screen.split(/\r?\n/);
  return {
    screen,
    settings: lines.filter((line) => /^[0-9a-f]+(:[0-9a-f]+)+$/.test(line)),
    code: /code (\d+)/.exec(screen)?.[1] ?? 'none',
  };
}

async function storeOf(t: ExecutionContext): Promise<string> {
  const store = path.join(tempDir(t), 'store');
  for (const [key, value] of [
    ['order:1', 'apples'],
    ['order:2', 'pears'],
    ['other', '\u001b[2J'],
  ] as const)
    await commandLine(['put', store, key, value]);
  return store;
}

const hasScript = spawnSync('script', ['--version']).status === 0;
const inTerminal = (title: string, run: (t: ExecutionContext) => Promise<void>): void => {
  needing(test, 'script', hasScript)(title, run);
};

inTerminal('the shell answers commands, shows tables, and ends with .quit', async (t) => {
  const store = await storeOf(t);
  const { screen, code, settings } = await typed(store, [
    ['help\r', /scan \[PREFIX\][^]*statelog> \u001b\[11G$/],
    ['get order:1\r', /apples\r\n[^]*statelog> \u001b\[11G$/],
    ['get none\r', /\(not there\)[^]*statelog> \u001b\[11G$/],
    ['put "my key" \'two words\'\r', /put\r\n[^]*statelog> \u001b\[11G$/],
    ['increment n 41\r', /41\r\n[^]*statelog> \u001b\[11G$/],
    ['scan order:\r', /KEY[^]*order:2 +pears[^]*statelog> \u001b\[11G$/],
    ['count\r', /5\r\n[^]*statelog> \u001b\[11G$/],
    ['frob\r', /there is no command frob[^]*statelog> \u001b\[11G$/],
    ['get other\r', /\\x1b\[2J[^]*statelog> \u001b\[11G$/],
    [
      '{"op":"put","key":"n","value":"x","ifAbsent":true}\r',
      /condition does not hold[^]*statelog> \u001b\[11G$/,
    ],
    ['.quit\r', /code 0/],
  ]);
  t.is(code, '0');
  t.is(settings.length, 2);
  t.is(settings[0], settings[1]);
  t.notRegex(screen, /\u001b\[2J/);
  t.is((await commandLine(['get', store, 'my key'])).stdout, 'two words');
});

inTerminal('Tab completes commands and keys, and the arrows go through what was typed', async (t) => {
  const store = await storeOf(t);
  const { code } = await typed(store, [
    ['incr\t', /increment/],
    [' n\r', /1\r\n[^]*statelog> \u001b\[11G$/],
    ['get oth\t', /get other/],
    ['\r', /\\x1b\[2J[^]*statelog> \u001b\[11G$/],
    ['get ord\t', /order:/],
    ['2\r', /pears[^]*statelog> \u001b\[11G$/],
    [`${UP}${UP}${UP}\r`, /increment n[^]*2\r\n[^]*statelog> \u001b\[11G$/],
    [CONTROL_D, /code 0/],
  ]);
  t.is(code, '0');
  t.is((await commandLine(['get', store, 'n'])).stdout, '2');
});

inTerminal('Ctrl-C ends the shell, and leaves the terminal as it was', async (t) => {
  const store = await storeOf(t);
  const { settings } = await typed(store, [
    ['put k v\r', /put\r\n[^]*statelog> \u001b\[11G$/],
    [`half a li${CONTROL_C}`, /code \d+[^]*\r\n/],
  ]);
  t.is(settings.length, 2);
  t.is(settings[0], settings[1]);
  t.is((await commandLine(['get', store, 'k'])).stdout, 'v');
  t.is((await commandLine(['put', store, 'after', 'v'])).exitCode, 0, 'the lock is free');
});
