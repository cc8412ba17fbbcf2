import { copyFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { treeBytes } from '../../../src/engine/storage-io/whole/tree-bytes.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withSystemHint } from '../../../src/cli/errors/system-hint.js';
import { errorLine } from '../../../src/cli/errors/error-rendering.js';
import { SimulatedDisk, SimulatedFileSystem, failEvery } from '../../simulated-disk/index.js';
import { systemError } from '../../../src/engine/storage-io/interface/system-error.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

/* What a person reads when something was called wrongly: it names what is wrong, and what it says to do helps. */

async function says(t: ExecutionContext, argv: string[], exitCode: number, message: RegExp): Promise<void> {
  const result = await commandLine(argv);
  t.is(result.exitCode, exitCode, `${argv.join(' ')}: ${result.stderr}`);
  t.regex(result.stderr, message, argv.join(' '));
  t.is(result.stderr.trimEnd().split('\n').length, 1, 'one line');
}

test('an empty argument that names something is wrong usage in every command', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'k', 'v']);
  const calls: [string[], RegExp][] = [
    [['create', ''], /STORE is empty/],
    [['put', '', 'k', 'v'], /STORE is empty; is the variable set\?/],
    [['put', store, '', 'v'], /KEY is empty/],
    [['put', store, '', 'v', '--key-encoding', 'hex'], /KEY is empty/],
    [['put', store, '--batch', ''], /--batch is empty/],
    [['put', store, 'k', '--file', ''], /--file is empty/],
    [['put', store, '--batch', '-', '--source', ''], /--source has no name/],
    [['get', '', 'k'], /STORE is empty/],
    [['get', store, ''], /KEY is empty/],
    [['delete', store, ''], /an argument is empty/],
    [['delete', store, 'k', ''], /an argument is empty/],
    [['delete', ''], /STORE is empty/],
    [['scan', ''], /STORE is empty/],
    [['checkpoint', ''], /STORE is empty/],
    [['compact', ''], /STORE is empty/],
    [['wal-replay', ''], /PATH is empty/],
    [['wal-replay', store, '--into', ''], /--into is empty/],
    [['verify', ''], /is empty/],
    [['verify', store, ''], /is empty/],
    [['repair', ''], /is empty/],
    [['repair', store, '--into', ''], /--into is empty/],
    [['export', '', 'x.tar'], /STORE is empty/],
    [['export', store, ''], /DESTINATION is empty/],
    [['export', store, `${store}.tar`, '--report', ''], /--report is empty/],
    [['import', '', `${store}2`], /SOURCE is empty/],
    [['import', store, ''], /STORE is empty/],
    [['stat', ''], /is empty/],
    [['diff', '', store], /A is empty/],
    [['diff', store, ''], /B is empty/],
  ];
  for (const [argv, message] of calls) await says(t, argv, 2, message);
  t.is((await commandLine(['put', store, 'empty', ''])).exitCode, 0, 'a value may be empty');
  t.is((await commandLine(['put', store, 'empty', 'x', '--if-value', ''])).exitCode, 0);
  t.is((await commandLine(['scan', store, '--prefix', ''])).exitCode, 0);
});

test('a value or a key that starts with - is told of --', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await says(
    t,
    ['put', store, 'k', '-param'],
    2,
    /unknown flag -param; what starts with - and is no flag goes after --/,
  );
  await says(t, ['put', store, '-dash', 'v'], 2, /goes after --/);
  await says(t, ['get', store, '--nothing-like-it'], 2, /goes after --/);
  t.is((await commandLine(['put', store, 'k', '--', '-param'])).exitCode, 0);
});

test('a flag that takes no value is blamed for the one it got', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'k', 'v']);
  await says(
    t,
    ['scan', store, '--json=false'],
    2,
    /--json takes no value, and false was given; leave out =false/,
  );
  await says(t, ['scan', store, '--count='], 2, /--count takes no value/);
});

test('what other programs call a command, and letters in the wrong order, are understood', async (t) => {
  const meant: [string, string][] = [
    ['set', 'put'],
    ['rm', 'delete'],
    ['ls', 'scan'],
    ['keys', 'scan'],
    ['dump', 'export'],
    ['restore', 'import'],
    ['recover', 'repair'],
    ['vacuum', 'compact'],
    ['log', 'wal-replay'],
    ['gte', 'get'],
    ['upt', 'put'],
    ['sacn', 'scan'],
    ['vreify', 'verify'],
    ['exprot', 'export'],
  ];
  for (const [word, command] of meant) await says(t, [word], 2, new RegExp(`did you mean ${command}\\?`));
  await says(t, ['scan', 'x', '--jsno'], 2, /did you mean --json\?/);
});

test.serial('a variable is blamed for what it holds', async (t) => {
  const store = path.join(tempDir(t), 'store');
  process.env['STATELOG_WAIT'] = 'abc';
  try {
    await says(t, ['put', store, 'k', 'v'], 2, /the variable STATELOG_WAIT takes seconds/);
    await says(t, ['put', store, 'k', 'v', '--wait', 'def'], 2, /--wait takes seconds/);
  } finally {
    delete process.env['STATELOG_WAIT'];
  }
});

test('a path where nothing is gets advice that fits', async (t) => {
  const folder = tempDir(t);
  const at = (name: string): string => path.join(folder, name);
  await commandLine(['put', at('store'), 'k', 'v']);
  symlinkSync('nowhere', at('dangling'));
  for (const argv of [
    ['import', at('none'), at('new')],
    ['diff', at('none'), at('store')],
    ['scan', at('none')],
  ]) {
    const { stderr } = await commandLine(argv);
    t.regex(stderr, /there is nothing at this path: .*none; check the path\n$/);
  }
  await says(t, ['checkpoint', at('none')], 6, /'statelog create' makes a store/);
  const link = /the path is a symbolic link that leads to nothing.*remove the link/;
  await says(t, ['put', at('dangling'), 'k', 'v'], 6, link);
  await says(t, ['get', at('dangling'), 'k'], 6, link);
  await says(t, ['create', at('dangling')], 8, link);
  const dest = at('no/such/dest');
  for (const form of [[], ['--kind', 'log']]) {
    await says(
      t,
      ['import', at('store'), dest, ...form],
      6,
      /there is no folder .*no\/such for it to lie in: .*no\/such\/dest/,
    );
  }
});

test('after damage verify is to be run on what was read', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 's.db');
  copyFileSync(fixturePath('state-small.db'), source);
  await says(
    t,
    ['import', source, path.join(folder, 'new')],
    3,
    new RegExp(`run 'statelog verify ${source}'`),
  );
});

test('a store is counted whole through a link', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  const link = path.join(folder, 'link');
  await commandLine(['put', store, 'k', 'v']);
  symlinkSync('store', link);
  const bytes = treeBytes(realFileSystem(), store);
  t.true(bytes > 0);
  for (const one of [store, link]) {
    t.like(JSON.parse((await commandLine(['stat', one, '--json'])).stdout), { bytes });
    const dry = (await commandLine(['compact', one, '--dry-run', '--json'])).stdout;
    t.like(JSON.parse(dry), { bytesBefore: bytes });
  }
});

test('hostile bytes do nothing to a terminal, and pass a pipe as they are', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const hostile = '\u001b]0;title\u0007\u009b2J\u202eabc\n\tok';
  await commandLine(['put', store, 'k\u009b', hostile]);
  const shown = await commandLine(['get', store, 'k\u009b'], { isTerminal: true });
  t.is(shown.stdout, '\\x1b]0;title\\x07\\x9b2J\\u202eabc\n\tok');
  t.is((await commandLine(['get', store, 'k\u009b'])).stdout, hostile);
  await commandLine(['put', store, 'bytes', '1bff41', '--value-encoding', 'hex']);
  t.is((await commandLine(['get', store, 'bytes'], { isTerminal: true })).stdout, '\\x1b\\xffA');
  for (const argv of [
    ['scan', store, '--json'],
    ['get', store, 'k\u009b', '--json'],
    ['wal-replay', store, '--json'],
  ]) {
    const { stdout } = await commandLine(argv, { isTerminal: true });
    t.notRegex(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/u, argv[0]);
    t.true(stdout.includes('\\u009b'));
    const toPipe = await commandLine(argv);
    const parsed = (text: string): unknown[] =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
    t.deepEqual(parsed(stdout), parsed(toPipe.stdout));
  }
  t.notRegex((await commandLine(['scan', store])).stdout, /[\u0080-\u009f\u202e]/u);
});

test('a path that is printed cannot do anything to a terminal either', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'k', 'v']);
  const hostile = path.join(folder, 'a\u001b[2Jb\u202e');
  for (const argv of [
    ['export', store, `${hostile}.tar`],
    ['import', store, hostile],
    ['wal-replay', store, '--into', `${hostile}2`],
  ]) {
    const { exitCode, stdout, stderr } = await commandLine(argv);
    t.is(exitCode, 0, stderr);
    t.regex(stdout, /a\\x1b\[2Jb\\u202e/);
    t.notRegex(stdout + stderr, /[\u001b\u202e]/u);
  }
});

test('a compaction that ends larger says why', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const lines = Array.from({ length: 200 }, (_, line) => `k${line}\t${'v'.repeat(500)}\n`);
  await commandLine(['put', store, '--batch', '-', '--tsv'], { input: lines });
  await commandLine(['checkpoint', store]);
  await commandLine(['checkpoint', store, '--keep', '3']);
  await commandLine(['put', store, 'k1', 'new']);
  await commandLine(['checkpoint', store]);
  const { stderr } = await commandLine(['compact', store]);
  t.regex(stderr, /^statelog: it takes more than before: .*--keep 1/);
});

test('a disk that fails is told with the file, the byte, what is safe and what to do', (t) => {
  const reading = withSystemHint(systemError('read', 'st/wal/1/wal-0.log', 'EIO', undefined, 0));
  t.is(
    errorLine(reading),
    'statelog: read st/wal/1/wal-0.log: the device reported an input/output error (EIO): byte 0; nothing of it was changed; ' +
      "the disk may be failing: 'ddrescue st/wal/1/wal-0.log COPY' copies what can be read, 'statelog verify' tells what the copy lacks",
  );
  const syncing = withSystemHint(systemError('fdatasync', 'st/wal/1/wal-0.log', 'EIO'));
  t.regex(
    errorLine(syncing),
    /what was acknowledged before is on disk; the disk may be failing: see the kernel's log/,
  );
});

test('what the rights or the file system do not allow is told with what is safe and what shows why', (t) => {
  const folder = tempDir(t);
  t.is(
    errorLine(withSystemHint(systemError('open', folder, 'EACCES'))),
    `statelog: open ${folder}: permission denied (EACCES); nothing of it was changed; ` +
      `run it as its owner, or have its rights changed: 'namei -l ${folder}' shows who owns each part of the path`,
  );
  t.is(
    errorLine(withSystemHint(systemError('mkdir', path.join(folder, 'not there', 'new'), 'EROFS'))),
    `statelog: mkdir ${folder}/not there/new: the file system is read-only (EROFS); what was acknowledged before is on disk; ` +
      `mount the file system for writing ('findmnt -T ${folder}' says which), or work on a copy elsewhere`,
  );
});

test('a read or a write that fails says at which byte', (t) => {
  for (const name of ['read', 'write']) {
    const disk = new SimulatedDisk();
    disk.plantFile('/folder/file', new Uint8Array(100));
    const fileSystem = new SimulatedFileSystem({ disk, plan: failEvery(name, 'EIO') });
    const descriptor = fileSystem.openReadWrite('/folder/file');
    const call = name === 'read' ? 'read' : 'write';
    const error = t.throws(() => fileSystem[call](descriptor, new Uint8Array(8), 0, 8, 42), {
      code: 'IO_FAILED',
    });
    t.like(error, { details: { offset: 42, path: '/folder/file' } });
  }
});

test('a file that was renamed while it was open is called by its new name', (t) => {
  const fileSystem = realFileSystem();
  const folder = tempDir(t);
  const [from, to] = [path.join(folder, '.temporary'), path.join(folder, 'log')];
  for (const rename of ['rename', 'renameExclusive'] as const) {
    const descriptor = fileSystem.createExclusive(from);
    fileSystem[rename](from, to);
    fileSystem.close(descriptor);
    const reader = fileSystem.openRead(to);
    const moved = path.join(folder, `moved by ${rename}`);
    fileSystem[rename](to, moved);
    const error = t.throws(() => fileSystem.write(reader, new Uint8Array(1), 0, 1, 0));
    t.true(error.message.includes(moved), error.message);
    fileSystem.close(reader);
  }
});
