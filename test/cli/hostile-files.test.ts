import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../support/command-line.js';
import { filePrints } from '../support/file-prints.js';
import { notTried } from '../support/needing.js';
import { tempDir } from '../support/temp-dir.js';

/*
 * Whole files that are not what they should be, in the place of each file of a store. No command may hang, crash,
 * change anything that it only reads, or give a value that was never put.
 */

const ENTRIES = { first: 'one', second: 'two', third: 'three' } as const;
const HEADER_BYTES = 32;
const SPARSE_BYTES = 2 ** 43;
/** Damage, a torn tail, input or output, a format that is not ours, refused: never a defect, never wrong usage. */
const REFUSALS = [3, 4, 6, 7, 8];

type Spoil = (file: string, other: string) => void;

/** What is put in a file's place; `other` is the same file of another store. */
const SPOILS: Readonly<Record<string, Spoil>> = {
  'no file': (file) => rmSync(file),
  'an empty file': (file) => truncateSync(file, 0),
  'its header alone': (file) => truncateSync(file, Math.min(HEADER_BYTES, statSync(file).size)),
  'the file of another store': (file, other) => copyFileSync(other, file),
  'a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
  'a FIFO': (file) => {
    rmSync(file);
    execFileSync('mkfifo', [file]);
  },
  'a device': (file) => {
    rmSync(file);
    symlinkSync('/dev/zero', file);
  },
  'a link that leads nowhere': (file) => {
    rmSync(file);
    symlinkSync('nowhere', file);
  },
  'a link to the file': (file) => {
    renameSync(file, `${file}.elsewhere`);
    symlinkSync(`${path.basename(file)}.elsewhere`, file);
  },
  'a sparse file of 8 TiB': (file) => truncateSync(file, SPARSE_BYTES),
};

/** A store with a checkpoint and changes since, or a fold log. */
async function makeStore(t: ExecutionContext, store: string, entries: Readonly<Record<string, string>>) {
  const [[firstKey, firstValue], ...rest] = Object.entries(entries) as [
    [string, string],
    ...[string, string][],
  ];
  t.is((await commandLine(['put', store, firstKey, firstValue])).exitCode, 0);
  t.is((await commandLine(['checkpoint', store])).exitCode, 0);
  for (const [key, value] of rest) t.is((await commandLine(['put', store, key, value])).exitCode, 0);
}

function filesOf(store: string): string[] {
  if (statSync(store).isFile()) return [''];
  return readdirSync(store, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(store, name)).isFile())
    .sort();
}

async function checkReading(t: ExecutionContext, store: string, what: string): Promise<void> {
  const before = filePrints(path.dirname(store));
  for (const [key, value] of Object.entries(ENTRIES)) {
    const { exitCode, stdout } = await commandLine(['get', store, key]);
    const isRight = exitCode === 0 && stdout === value;
    t.true(isRight || exitCode === 1 || REFUSALS.includes(exitCode), `${what}: get ends with ${exitCode}`);
    if (exitCode === 0) t.is(stdout, value, `${what}: a value that was never put`);
  }
  for (const argv of [['scan'], ['verify'], ['stat', '--digest'], ['wal-replay']]) {
    const { exitCode, stderr } = await commandLine([argv[0]!, store, ...argv.slice(1)]);
    t.true([0, ...REFUSALS].includes(exitCode), `${what}: ${argv[0]} ends with ${exitCode}: ${stderr}`);
  }
  t.deepEqual(filePrints(path.dirname(store)), before, `${what}: reading changed something`);
}

/** A writer refuses, or what it leaves is sound and has all that a reader saw before. */
async function checkWriting(t: ExecutionContext, store: string, what: string): Promise<void> {
  const seen = new Map<string, string>();
  for (const key of Object.keys(ENTRIES)) {
    const { exitCode, stdout } = await commandLine(['get', store, key]);
    if (exitCode === 0) seen.set(key, stdout);
  }
  const { exitCode, stderr } = await commandLine(['put', store, '--no-create', 'new', 'value']);
  t.true([0, ...REFUSALS].includes(exitCode), `${what}: put ends with ${exitCode}: ${stderr}`);
  if (exitCode !== 0) return;
  for (const [key, value] of seen) {
    const { stdout } = await commandLine(['get', store, key]);
    t.is(stdout, value, `${what}: ${key} after a put`);
  }
  t.is((await commandLine(['get', store, 'new'])).stdout, 'value', what);
}

for (const name of ['store', 'store.snap']) {
  test(`${name}: whatever stands in the place of a file is refused, or says the same`, async (t) => {
    const folder = tempDir(t);
    const [good, other] = ['good', 'other'].map((each) => path.join(folder, each, name)) as [string, string];
    for (const each of [good, other]) mkdirSync(path.dirname(each));
    await makeStore(t, good, ENTRIES);
    await makeStore(t, other, { first: 'uno', fourth: 'cuatro', fifth: 'cinco' });
    let count = 0;
    for (const file of filesOf(good)) {
      for (const [what, spoil] of Object.entries(SPOILS)) {
        const otherFile = path.join(other, file);
        if (what === 'the file of another store' && (!existsSync(otherFile) || file === '')) continue;
        const store = path.join(folder, `case-${count++}`, name);
        cpSync(good, store, { recursive: true });
        spoil(path.join(store, file), otherFile);
        const where = `${what} in the place of ${file === '' ? name : file}`;
        await checkReading(t, store, where);
        await checkWriting(t, store, where);
        rmSync(path.dirname(store), { recursive: true });
      }
    }
    t.true(count >= 9);
  });
}

test('a folder that may not be written is read as always, and a writer says what it may not', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  await makeStore(t, store, ENTRIES);
  const disk = path.join(folder, 'disk');
  mkdirSync(disk);
  cpSync(store, path.join(disk, 'store'), { recursive: true });
  try {
    execFileSync('mount', ['--bind', disk, disk], { stdio: 'ignore' });
    execFileSync('mount', ['-o', 'remount,bind,ro', disk], { stdio: 'ignore' });
  } catch {
    // Without the right to mount, the rights of the folder have to do; root is not held by them.
    execFileSync('chmod', ['-R', 'a-w', disk]);
  }
  const readOnly = path.join(disk, 'store');
  const isHeld = ((): boolean => {
    try {
      writeFileSync(path.join(readOnly, 'probe'), '');
      return false;
    } catch {
      return true;
    }
  })();
  try {
    t.is((await commandLine(['get', readOnly, 'second'])).stdout, 'two');
    t.is((await commandLine(['verify', '-q', readOnly])).exitCode, 0);
    const before = readFileSync(path.join(readOnly, 'MANIFEST.json'));
    const { exitCode, stderr } = await commandLine(['put', readOnly, 'new', 'value']);
    if (isHeld) {
      t.is(exitCode, 6, stderr);
      t.regex(stderr, /read-only|permission/i);
    } else notTried(t, 'the right to mount, or another user than root');
    t.deepEqual(readFileSync(path.join(readOnly, 'MANIFEST.json')), before);
  } finally {
    execFileSync('sh', ['-c', `umount "${disk}" 2>/dev/null; chmod -R u+w "${disk}"`]);
  }
});
