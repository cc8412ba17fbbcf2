import { spawn, spawnSync } from 'node:child_process';
import { cpSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { bundledModule } from '../support/program.js';
import { projectRoot } from '../support/project-root.js';
import { tempDir } from '../support/temp-dir.js';

/*
 * What only a process of its own shows: exit codes, signals, pipes that close, disks that are
 * full. The program is the real one with `probe` for its only command, bundled as the build does.
 */

let program = '';

test.before(async () => {
  program = await bundledModule('test/cli/program/run.ts');
});

function probe(deed: string, environment: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'probe', deed], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr };
}

/** Runs a shell line with `$probe` as the program and `$node` before it. */
function shell(line: string) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', line], {
    encoding: 'utf8',
    env: { ...process.env, probe: `${process.execPath} ${program} probe` },
  });
  return { status, stdout, stderr };
}

for (const deed of ['defect', 'missingModule', 'thrown-elsewhere', 'rejected-elsewhere', 'never-settles']) {
  test(`a program that is broken ends with 70 and one line: ${deed}`, (t) => {
    const { status, stdout, stderr } = probe(deed);
    t.is(status, 70);
    t.is(stdout, '');
    t.regex(stderr, /^statelog: [^\n]*this is a defect of statelog[^\n]*\n$/);
  });
}

test('STATELOG_DEBUG=1 shows where an error came from', (t) => {
  const { status, stderr } = probe('defect', { STATELOG_DEBUG: '1' });
  t.is(status, 70);
  t.regex(stderr, /caused by TypeError: x is\nnot a function\n {4}at /);
});

test('a megabyte through a pipe arrives whole, and the process ends by itself', (t) => {
  const { status, stdout, stderr } = probe('many-lines');
  t.is(status, 0);
  t.is(stdout.length, 10_000_000);
  t.is(stderr, 'all written\n');
});

test('a slow reader gets everything', (t) => {
  const { stdout } = shell('$probe many-lines | dd bs=512 status=none | wc -c');
  t.is(Number(stdout), 10_000_000);
});

test('a reader that goes away ends the program with 0 and no complaint', (t) => {
  const { status, stdout, stderr } = shell('set -o pipefail; $probe many-lines | head -n 1 | wc -l');
  t.is(status, 0);
  t.is(Number(stdout), 1);
  t.is(stderr, 'reader gone\n');
});

test('a full disk under standard output is 6', (t) => {
  const { status, stderr } = shell('$probe many-lines > /dev/full');
  t.is(status, 6);
  t.regex(stderr, /^statelog: writing to standard output: no space is left[^\n]*\n$/);
});

test('standard output that fills up in the middle of a write is 6, not a cut file and 0', (t) => {
  const file = path.join(tempDir(t), 'out');
  const { status, stderr } = shell(`ulimit -f 4; trap '' XFSZ; $probe few-lines > ${file}`);
  t.is(status, 6);
  t.regex(stderr, /^statelog: writing to standard output: [^\n]*\n$/);
});

test('standard output into a file gets everything', (t) => {
  const file = path.join(tempDir(t), 'out');
  t.is(shell(`$probe many-lines > ${file}`).status, 0);
  t.is(readFileSync(file).length, 10_000_000);
});

test('closed standard streams do not turn an answer into another', (t) => {
  t.is(shell('$probe answer-no <&- >&- 2>&-').status, 1);
  t.is(shell('$probe damaged 2>/dev/full').status, 3);
});

test('a command that leaves its input unread ends all the same', async (t) => {
  // Its standard input stays open: nothing ends the process but itself.
  const child = spawn(process.execPath, [program, 'probe', 'reads-and-leaves'], { stdio: 'pipe' });
  child.stdin.on('error', () => undefined).write('first\n');
  t.is(await new Promise((resolve) => child.on('close', resolve)), 0);
});

test('a missing argument is not taken from standard input', (t) => {
  const { status, stdout, stderr } = shell('echo show | $probe');
  t.is(status, 2);
  t.is(stdout, '');
  t.regex(stderr, /^statelog: missing argument DEED;/);
});

test('a folder as standard input is 6', (t) => {
  const input = openSync(tempDir(t), 'r');
  const { status, stderr } = spawnSync(process.execPath, [program, 'probe', 'reads-and-leaves'], {
    stdio: [input, 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  t.is(status, 6);
  t.regex(stderr, /^statelog: read \/dev\/stdin: it is a folder[^\n]*\n$/);
});

function endBySignal(deed: string, signal: NodeJS.Signals) {
  return new Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string }>((resolve) => {
    const child = spawn(process.execPath, [program, 'probe', deed], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.once('data', () => child.kill(signal));
    child.on('close', (code, endedBy) => {
      resolve({ code, signal: endedBy, stdout });
    });
  });
}

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends the program at once, and a shell sees that signal`, async (t) => {
    t.deepEqual(await endBySignal('waits', signal), { code: null, signal, stdout: '' });
  });

  test(`${signal} lets a command say its last words, and a shell still sees that signal`, async (t) => {
    t.deepEqual(await endBySignal('waits-and-says', signal), { code: null, signal, stdout: 'last words\n' });
  });
}

/** What `$?` is in a shell after its command was ended by a signal. */
function statusInShell(signal: NodeJS.Signals) {
  return new Promise<string>((resolve) => {
    const line = `(echo $BASHPID; exec ${process.execPath} ${program} probe waits); echo $?`;
    const child = spawn('bash', ['-c', line], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.once('data', () => process.kill(Number.parseInt(stdout, 10), signal));
    child.on('close', () => {
      resolve(stdout.split('\n')[1]!);
    });
  });
}

test('a shell sees 129 after SIGHUP, 130 after SIGINT, 143 after SIGTERM', async (t) => {
  t.is(await statusInShell('SIGHUP'), '129');
  t.is(await statusInShell('SIGINT'), '130');
  t.is(await statusInShell('SIGTERM'), '143');
});

const BOLD_HEAD = '\u001b[1mKEY';

test('colour is on where FORCE_COLOR says so, and off where NO_COLOR or --no-color does', (t) => {
  const colours = (environment: string, flags = '') =>
    shell(
      // Nothing is inherited: not a runner's CI either, which turns colour off in supports-color.
      `env -i PATH="$PATH" probe="$probe" TERM=xterm ${environment} script -qec "$probe entries ${flags}" /dev/null`,
    ).stdout.includes(BOLD_HEAD);
  t.true(colours(''));
  t.true(colours('FORCE_COLOR=1'));
  t.false(colours('NO_COLOR=1'));
  t.true(colours('NO_COLOR='));
  t.false(colours('NO_COLOR=1 FORCE_COLOR=1'));
  t.false(colours('TERM=dumb'));
  t.false(colours('FORCE_COLOR=1', '--no-color'));
});

test('long work shows how far it is on a terminal, short work and pipes show nothing', (t) => {
  const inTerminal = (deed: string) => shell(`TERM=xterm script -qec "$probe ${deed}" /dev/null`).stdout;
  const long = inTerminal('long-work');
  t.regex(long, /reading .*%/);
  // What Ctrl-C would leave switched off: the wrapping of lines.
  t.false(long.includes('\u001B[?7l'));
  t.is(inTerminal('short-work'), '');
  // How much time is left depends on the machine: nothing is said where it is none.
  t.regex(inTerminal('long-files'), /verifying first\.log \d+%[^]*verifying second\.log \d+%/);
  t.regex(inTerminal('long-input'), /reading node\S* \d+%/);
  for (const deed of ['long-work', 'long-files', 'long-input']) t.is(probe(deed).stderr, '');
});

test('the installed program answers, refuses, and says when it is not whole', (t) => {
  const run = path.join(projectRoot, 'bin', 'run.js');
  const good = spawnSync(process.execPath, [run, '--help'], { encoding: 'utf8' });
  t.is(good.status, 0, good.stderr);
  t.regex(good.stdout, /USAGE/);
  t.is(spawnSync(process.execPath, [run, 'nonsense']).status, 2);
  const pageOf = (...words: string[]) => spawnSync(process.execPath, [run, ...words], { encoding: 'utf8' });
  // One command with compiled code kept by the build, one without.
  for (const command of ['put', 'create']) {
    const page = pageOf('help', command);
    t.regex(page.stdout, new RegExp(`statelog ${command} STORE`));
    t.like(pageOf(command, '--help'), { status: 0, stderr: '', stdout: page.stdout });
  }

  const broken = tempDir(t);
  cpSync(path.join(projectRoot, 'bin'), path.join(broken, 'bin'), { recursive: true });
  writeFileSync(path.join(broken, 'package.json'), '{}');
  const { status, stderr } = spawnSync(process.execPath, [path.join(broken, 'bin', 'run.js'), 'get'], {
    encoding: 'utf8',
  });
  t.is(status, 70);
  t.regex(stderr, /^statelog: [^\n]*the installation is not whole[^\n]*\n$/);
});
