import test from 'ava';
import { ByteOutput } from '../../src/cli/terminal/byte-output.js';
import { runCommandLine } from '../../src/cli/program/main.js';
import { COMMANDS } from '../../src/commands/index.js';
import type { Commands } from '../../src/cli/program/program.js';
import { commandLine, type CommandLineResult } from '../support/command-line.js';
import { MemoryTerminal } from '../support/memory-terminal.js';

const commands: Commands = { probe: () => import('./program/probe.js') };

function run(...argv: string[]): Promise<CommandLineResult> {
  return commandLine(argv, { commands });
}

async function parsed(...argv: string[]): Promise<{ args: unknown; flags: Record<string, unknown> }> {
  const { stdout, stderr } = await run('probe', ...argv);
  return JSON.parse(stdout === '' ? stderr : stdout) as never;
}

const usageErrors: readonly (readonly [string, string[], RegExp])[] = [
  [
    'an unknown command',
    ['prob'],
    /^statelog: unknown command prob; did you mean probe\? run: statelog --help\n$/,
  ],
  [
    'a flag before the command',
    ['--json2', 'probe'],
    /unknown flag --json2 before the command; flags follow/,
  ],
  [
    'an unknown flag',
    ['probe', 'show', '--limt=3'],
    /unknown flag --limt=3; did you mean --limit\? run: statelog probe --help\n$/,
  ],
  ['a missing argument', ['probe'], /missing argument DEED; run: statelog probe --help\n$/],
  ['an argument too many', ['probe', 'a', 'b', 'c'], /unexpected argument: c; run/],
  ['a flag without its value', ['probe', 'show', '--prefix'], /flag --prefix expects a value/],
  [
    'a number out of range',
    ['probe', 'show', '--limit', '11'],
    /--limit takes a number from 1 to 10, decimal or 0x hex, not 11/,
  ],
  [
    'a number that is none',
    ['probe', 'show', '--epoch', '1.5'],
    /--epoch takes a number from 0 to 2\^64 - 1/,
  ],
  ['a number past 64 bits', ['probe', 'show', '--epoch', '18446744073709551616'], /--epoch takes/],
  [
    'a time that is none',
    ['probe', 'show', '--since', '2026-02-30T00:00:00Z'],
    /--since 2026-02-30T00:00:00Z: there is no such time as/,
  ],
  ['a size that is none', ['probe', 'show', '--max-loss', '1.5K'], /--max-loss takes a number of bytes/],
  ['seconds that are none', ['probe', 'show', '--wait=-1'], /--wait takes seconds/],
  [
    'an unknown encoding',
    ['probe', 'show', '--encoding', 'utf16'],
    /--encoding=utf16 to be one of: utf8, hex, base64/,
  ],
  [
    'two flags that exclude each other',
    ['probe', 'show', '-q', '-n', '3'],
    /--limit=3 cannot also be provided when using --quiet/,
  ],
  [
    'a single-valued flag given twice',
    ['probe', 'show', '--from', 'a', '--from', 'b'],
    /--from can only be specified once/,
  ],
];

for (const [what, argv, message] of usageErrors) {
  test(`${what} is refused with 2 and one line`, async (t) => {
    const { exitCode, stdout, stderr } = await run(...argv);
    t.is(exitCode, 2);
    t.is(stdout, '');
    t.regex(stderr, message);
    t.is(stderr.match(/\n/g)?.length, 1);
  });
}

test('with --json every usage error is one object', async (t) => {
  for (const [what, [command, ...rest]] of usageErrors) {
    const { exitCode, stderr } = await run(command!, '--json', ...rest);
    t.is(exitCode, 2, what);
    t.is(stderr.match(/\n/g)?.length, 1, what);
    const { error } = JSON.parse(stderr) as { error: Record<string, unknown> };
    t.is(error['code'], 'INVALID_ARGUMENT', what);
    t.is(typeof error['message'], 'string', what);
  }
});

test('--json after -- is an argument, not a flag', async (t) => {
  const { stderr } = await run('probe', 'a', 'b', '--', '--json');
  t.regex(stderr, /^statelog: unexpected argument: --json/);
});

test('a value that starts with a dash is the value of the flag before it', async (t) => {
  for (const argv of [['--prefix=-x'], ['--prefix', '-x'], ['-p', '-x']]) {
    t.is((await parsed('show', ...argv)).flags['prefix'], '-x', argv.join(' '));
  }
  for (const value of ['--json', '-q', '--', '--prefix', '-', '', '--from=3', '-5']) {
    t.is((await parsed('show', `--prefix=${value}`)).flags['prefix'], value);
    t.is((await parsed('show', '--prefix', value, '--from', 'z')).flags['prefix'], value);
  }
});

test('what follows -- is an argument', async (t) => {
  t.deepEqual((await parsed('show', '--', '--prefix')).args, { deed: 'show', word: '--prefix' });
  t.deepEqual((await parsed('--', 'show', '-0')).args, { deed: 'show', word: '-0' });
});

test('numbers, times and sizes reach the command exactly', async (t) => {
  const { flags } = await parsed(
    'show',
    ...['--epoch', '0xffffffffffffffff', '--cursor', '-9223372036854775808', '-n', '0x0a'],
    ...['--since', '1970-01-01T00:00:01Z', '--max-loss', '64KiB', '--wait', '0.25'],
  );
  t.like(flags, {
    epoch: '18446744073709551615n',
    cursor: '-9223372036854775808n',
    limit: 10,
    since: { timeNs: '1000000000n', isOfHere: false },
    'max-loss': 65536,
    wait: 250,
  });
});

test('-0 is a flag, not a negative number', async (t) => {
  const { stdout, exitCode } = await run('probe', 'entries', '-0');
  t.is(exitCode, 0);
  t.is(stdout, 'k\t1\0k2\0');
});

test('entries are lines for a pipe, objects for --json, encoded where that is asked for', async (t) => {
  t.is((await run('probe', 'entries')).stdout, 'k\\t1\tv\\n1\nk2\t\\xff\n');
  t.is(
    (await run('probe', 'entries', '--json')).stdout,
    '{"key":"k\\t1","value":"v\\n1"}\n{"key":"k2","valueBase64":"/w=="}\n',
  );
  t.is((await run('probe', 'entries', '--encoding', 'hex')).stdout, '6b0931\t760a31\n6b32\tff\n');
  t.is(
    (await run('probe', 'entries', '--json', '--key-encoding', 'base64', '--value-encoding', 'hex')).stdout,
    '{"key":"awkx","value":"760a31"}\n{"key":"azI=","value":"ff"}\n',
  );
});

test('entries are a table on a terminal, with nothing that could move its cursor', async (t) => {
  const { stdout } = await commandLine(['probe', 'entries'], { commands, isTerminal: true });
  t.is(stdout, 'KEY   VALUE\nk\\t1  v\\n1\nk2    \ufffd\n');
});

test('the answer no is exit code 1 and says nothing', async (t) => {
  t.like(await run('probe', 'answer-no'), { exitCode: 1, stdout: '', stderr: '' });
});

test('an error of the engine ends with its exit code, in one line or one object', async (t) => {
  const text = await run('probe', 'damaged');
  t.is(text.exitCode, 3);
  t.is(
    text.stderr,
    'statelog: the record fails its checksum: orders/wal/8/wal-0.log, byte 4096; all 12 records before it are good; run: statelog verify orders\n',
  );
  const json = await run('probe', 'damaged', '--json');
  t.is(json.exitCode, 3);
  t.like(JSON.parse(json.stderr), {
    error: { code: 'DAMAGED', path: 'orders/wal/8/wal-0.log', offset: 4096 },
  });
});

test('what was printed before an error is printed, and before it', async (t) => {
  const { exitCode, stdout, stderr } = await run('probe', 'then-damaged');
  t.is(exitCode, 3);
  t.is(stdout, 'found before\n');
  t.regex(stderr, /the value fails its checksum/);
});

test('a defect ends with 70 and one line', async (t) => {
  for (const deed of ['defect', 'missingModule']) {
    const { exitCode, stderr } = await run('probe', deed);
    t.is(exitCode, 70, deed);
    t.regex(stderr, /^statelog: .*this is a defect of statelog.*\n$/, deed);
  }
});

test('a reader that goes away ends the command quietly', async (t) => {
  const { exitCode, stdoutBytes, stderr } = await commandLine(['probe', 'many-lines'], {
    commands,
    readerTakes: 100,
  });
  t.is(exitCode, 0);
  t.true(stdoutBytes.length < 200_000);
  t.is(stderr, 'reader gone\n');
});

test('help is printed for a command wherever --help stands, and for the program', async (t) => {
  for (const argv of [
    ['probe', '--help'],
    ['probe', 'show', '-h'],
    ['probe', '--nonsense', '--help'],
    ['help', 'probe'],
    ['--help', 'probe'],
  ]) {
    const { exitCode, stdout } = await run(...argv);
    t.is(exitCode, 0, argv.join(' '));
    t.regex(stdout, /shows what it was given[\s\S]*\$ statelog probe DEED/, argv.join(' '));
  }
  for (const argv of [[], ['help'], ['--help']]) {
    const { exitCode, stdout } = await run(...argv);
    t.is(exitCode, 0);
    t.regex(stdout, /COMMANDS\n {2}probe {2}shows what it was given/);
  }
  t.is((await run('help', 'nonsense')).exitCode, 2);
});

test('--help as a value, or after --, is not a call for help', async (t) => {
  t.is((await parsed('show', '--prefix', '--help')).flags['prefix'], '--help');
  t.deepEqual((await parsed('show', '--', '--help')).args, { deed: 'show', word: '--help' });
});

test('every argument and flag of every command is described, and help says where pages and maintainers are', async (t) => {
  for (const [name, load] of Object.entries(COMMANDS)) {
    const { default: command } = (await load()) as unknown as {
      default: Record<'args' | 'flags' | 'baseFlags', Record<string, { description?: string }>>;
    };
    for (const [part, { description }] of Object.entries({
      ...command.args,
      ...command.baseFlags,
      ...command.flags,
    }))
      t.regex(description ?? '', /../, `${name} ${part}`);
  }
  const { stdout } = await run('--help');
  t.true(stdout.replace(/\s+/g, ' ').includes('npm view statelog maintainers'), stdout);
  t.regex(stdout, /docs\/README\.md/);
});

test('the version is an object with --json', async (t) => {
  const { stdout } = await run('--version', '--json');
  const { platform, arch } = process;
  t.deepEqual(JSON.parse(stdout), { version: '0.0.0-test', platform, arch, node: process.versions.node });
});

test('the version is one line', async (t) => {
  t.regex((await run('--version')).stdout, /^statelog\/0\.0\.0-test \S+ node-v\d+\.\d+\.\d+\n$/);
});

test('a failure is said also where standard output takes nothing of what was printed before it', async (t) => {
  let takes: ((isRead: boolean) => void) | undefined;
  const output = new ByteOutput({ write: () => new Promise((resolve) => (takes = resolve)) });
  output.writeText('found before the failure\n');
  let ended: Promise<number> | undefined;
  const said = await new Promise<string>((resolve) => {
    const terminal = Object.assign(new MemoryTerminal(), { output, writeError: resolve });
    ended = runCommandLine(['probe', 'damaged'], { root: '', version: '', commands, terminal, debug: false });
  });
  t.regex(said, /^statelog: /);
  takes?.(true);
  t.is(await ended, 3);
});
