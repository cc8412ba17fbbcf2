import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { COMMANDS } from '../../src/commands/index.js';
import { commandLine } from '../support/command-line.js';
import { fixturePath } from '../support/fixtures.js';
import { projectRoot } from '../support/project-root.js';
import { tempDir } from '../support/temp-dir.js';

/*
 * Each hint that names a command of ours is followed here: a new one fails the first test until a case below makes it be said, and runs
 * it. A command goes by its name and its flags.
 */

/** A command in code: made of words, or within a text. Both begin with the name, and flags follow. */
const MADE = /commandText\(\s*'statelog',([^;]*?)\)[,;}`\s]/g;
const WRITTEN = /[`'"]statelog (?!opens )([a-z-]+)([^`'"]*)/g;
/** What is said by the pages of help and by completion is run by their own tests. */
const NO_HINTS = /^(cli\/completion|cli\/program\/help|commands\/shell)/;

const sources = readdirSync(path.join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !NO_HINTS.test(file))
  .map((file) =>
    readFileSync(path.join(projectRoot, 'src', file), 'utf8').replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, ''),
  );

function shapeOf(words: readonly string[]): string {
  return words.filter((word, index) => index === 0 || word.startsWith('--')).join(' ');
}

/** Whether a command is of a shape; its bounds of time, epoch or sequence may be any. */
function isOf(shape: string, words: readonly string[]): boolean {
  return shapeOf(words.filter((word) => !word.startsWith('--to-'))) === shape;
}

function madeShapes(): Set<string> {
  const found = sources.flatMap((source) => [...source.matchAll(MADE)].map(([, words]) => words!));
  return new Set(found.map((words) => shapeOf([...words.matchAll(/'([^']*)'/g)].map(([, word]) => word!))));
}

type Said = Awaited<ReturnType<typeof commandLine>>;

async function store(folder: string, ...more: readonly (readonly string[])[]): Promise<string> {
  const made = path.join(folder, 'store');
  for (const [command, ...rest] of [['put', 'a', '1'], ...more]) await commandLine([command!, made, ...rest]);
  return made;
}

function damagedCores(folder: string): string {
  const made = path.join(folder, 'cores');
  cpSync(fixturePath('wal-cores'), made, { recursive: true });
  const file = path.join(made, 'wal-0.log');
  const bytes = readFileSync(file);
  bytes[3000]! ^= 4;
  writeFileSync(file, bytes);
  return made;
}

/** A page about two stores, as if its command were said. */
async function pageOfDifferences(folder: string, wanted: RegExp): Promise<Said> {
  const [one, other] = [await store(folder), path.join(folder, 'other')];
  await commandLine(['put', other, 'b', '1']);
  const page = path.join(folder, 'page.html');
  await commandLine(['diff', one, other, '--report', page]);
  const [, command] = wanted.exec(readFileSync(page, 'utf8'))!;
  return { exitCode: 1, stdout: `'${command!}'`, stdoutBytes: new Uint8Array(0), stderr: '' };
}

/** By the command that is to be named: what makes it be said. */
const CASES: Readonly<Record<string, (folder: string) => Promise<Said>>> = {
  verify: async (folder) => {
    const made = await store(folder);
    rmSync(path.join(made, 'MANIFEST.json'));
    return commandLine(['get', made, 'a']);
  },
  repair: async (folder) => {
    const file = path.join(folder, 'wal-0.log');
    writeFileSync(file, readFileSync(fixturePath('wal-cores/wal-0.log')).subarray(0, -5));
    return commandLine(['verify', file]);
  },
  'repair --into': (folder) => commandLine(['verify', damagedCores(folder)]),
  'repair --mend --into': (folder) => commandLine(['verify', damagedCores(folder)]),
  'wal-replay --skip-damage --into': (folder) =>
    commandLine(['repair', damagedCores(folder), '--into', path.join(folder, 'new')]),
  'wal-replay --stats': (folder) => {
    const file = path.join(folder, 'wal-0.log');
    cpSync(fixturePath('wal-cores/wal-0.log'), file);
    return commandLine(['repair', file, '--as-core', '9', '--into', path.join(folder, 'new.log')]);
  },
  'wal-replay --into': async (folder) => {
    const made = await store(
      folder,
      ['checkpoint'],
      ['put', 'a', '2'],
      ['checkpoint'],
      ['put', 'a', '3'],
      ['checkpoint'],
    );
    return commandLine(['wal-replay', made, '--to-epoch', '1', '--into', path.join(folder, 'new')]);
  },
  'checkpoint --keep': async (folder) => {
    const made = await store(folder, ['checkpoint'], ['put', 'a', '2'], ['checkpoint']);
    const index = path.join(made, 'checkpoints/1/state-0.idx');
    writeFileSync(index, readFileSync(index).subarray(0, 40));
    return commandLine(['verify', made]);
  },
  'compact --drop-broken': async (folder) => {
    const made = await store(folder);
    mkdirSync(path.join(made, 'broken'));
    writeFileSync(path.join(made, 'broken', '1-wal-0.log.at-40'), 'cut');
    return commandLine(['verify', made]);
  },
  stat: async (folder) => {
    const made = await store(folder);
    const file = path.join(made, 'wal/1/wal-0.log');
    cpSync(file, path.join(made, 'wal/1/wal-0.sync-conflict-20240501-101010-ABCDEFG.log'));
    return commandLine(['verify', made]);
  },
  'put --batch --skip-bad --rejects': async (folder) => {
    const lines = path.join(folder, 'lines.ndjson');
    await commandLine(['export', await store(folder), lines]);
    return commandLine(['repair', lines, '--into', path.join(folder, 'new')]);
  },
  import: async (folder) => {
    const artifact = path.join(folder, 'artifact');
    cpSync(fixturePath('artifact'), artifact, { recursive: true });
    rmSync(path.join(artifact, 'MANIFEST.json'));
    return commandLine(['repair', artifact, '--into', path.join(folder, 'new')]);
  },
  list: async (folder) => {
    const made = await store(folder);
    await commandLine(['export', made, `file://${path.join(folder, 'bucket/orders')}`]);
    return commandLine(['verify', path.join(folder, 'bucket')]);
  },
  'diff --json': (folder) => pageOfDifferences(folder, /<code>(statelog diff [^|<]*) \|/),
  'put --batch': (folder) => pageOfDifferences(folder, /\| (statelog put [^|<]*)<\/code>/),
  'stat --digest': async (folder) => {
    const made = await store(folder, ['checkpoint']);
    const [whole, changes, copy] = ['whole.ndjson', 'changes.ndjson', 'copy'].map((name) =>
      path.join(folder, name),
    );
    await commandLine(['export', made, whole!]);
    await commandLine(['import', whole!, copy!]);
    await commandLine(['put', made, 'b', '2']);
    await commandLine(['checkpoint', made]);
    await commandLine(['export', made, changes!, '--since', '1']);
    await commandLine(['import', changes!, '--onto', copy!]);
    return commandLine(['import', changes!, '--onto', copy!]);
  },
};

test('each command that a hint is made of has a case here, and each case a hint', (t) => {
  t.deepEqual([...madeShapes()].sort(), Object.keys(CASES).sort());
});

for (const [shape, make] of Object.entries(CASES)) {
  test(`what a hint names is run as it stands: ${shape}`, async (t) => {
    const folder = tempDir(t);
    const said = await make(folder);
    const named = [...`${said.stdout}${said.stderr}`.matchAll(/'statelog ([^']*)'/g)].map(([, text]) =>
      text!.split(' '),
    );
    const command = named.find((words) => isOf(shape, words));
    t.truthy(command, `${said.stdout}${said.stderr}`);
    const placed = command!.map((word) =>
      word === 'NEW' || word === 'STORE' ? path.join(folder, 'placed') : word,
    );
    const { exitCode, stderr } = await commandLine(placed);
    t.true([0, 1, 3].includes(exitCode), `${placed.join(' ')}: ${exitCode} ${stderr}`);
  });
}

test('of segments joined the wrong way round the repair is named that brings all their records', async (t) => {
  const made = await store(
    tempDir(t),
    ['checkpoint', '--keep', '2'],
    ['put', 'b', '2'],
    ['checkpoint'],
    ['put', 'c', '3'],
  );
  const file = path.join(path.dirname(made), 'joined.log');
  const parts = [3, 2].map((epoch) => readFileSync(path.join(made, `wal/${epoch}/wal-0.log`)));
  writeFileSync(file, Buffer.concat(parts));
  const { stdout } = await commandLine(['verify', file]);
  const commands = [...stdout.matchAll(/'statelog ([^']*)'/g)].map(([, words]) => words!.split(' '));
  t.deepEqual([...new Set(commands.map(([name]) => name))], ['repair']);
  t.is((await commandLine(commands[0]!)).exitCode, 0);
  const { stdout: kept } = await commandLine(['scan', commands[0]!.at(-1)!, '--json']);
  t.deepEqual(
    [...kept.matchAll(/"key":"(.)"/g)].map(([, key]) => key),
    ['b', 'c'],
  );
});

test('each command that a text names is one of ours, with flags that it takes', async (t) => {
  const written = sources.flatMap((source) => [...source.matchAll(WRITTEN)]);
  t.true(written.length > 20);
  for (const [text, name, rest] of written) {
    const load = COMMANDS[name!];
    t.truthy(load, text);
    const { default: command } = (await load!()) as unknown as {
      default: { flags?: object; baseFlags?: object };
    };
    const known = Object.keys({ ...command.baseFlags, ...command.flags });
    for (const [, flag] of rest!.matchAll(/ --([a-z][a-z-]*)/g))
      t.true(known.includes(flag!) || flag === 'help', text);
  }
});
