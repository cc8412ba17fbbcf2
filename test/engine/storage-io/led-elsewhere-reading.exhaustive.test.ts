import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { StatelogError } from '../../../src/engine/errors.js';
import { Follow } from '../../../src/engine/inspect/follow/follow.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { statPath } from '../../../src/engine/inspect/stat/stat.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { anchoredBeside } from '../../../src/engine/storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { watchedFileSystem } from '../../../src/engine/storage-io/views/watched-file-system.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';
import { importStore } from '../../../src/engine/transfer/import-store.js';
import { commandLine } from '../../support/command-line.js';
import { failureOf } from '../../support/failure.js';
import { swappingFileSystem } from '../../support/swapping-file-system.js';
import { tempDir } from '../../support/temp-dir.js';

/*
 * Somebody who can write in a store's folder puts links to a third party's files in the place of what lies there, before this
 * and that call of a run that reads. What the third party has fits so well that it would be read without a word.
 */

const disk = realFileSystem();
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const SECRET = 'of a third party';

async function addTo(root: string, key: string, value: string): Promise<void> {
  const store = await StateDirectory.open(root);
  store.put(text(key), text(value));
  await store.sync();
  store.close();
}

function makePair(folder: string, key: string): void {
  mkdirSync(folder);
  const store = MmapStateStore.persistent(path.join(folder, 'pair.db'), 4096);
  store.put(text(key), text('1'));
  store.flush();
  store.close();
}

/** What everybody may write to in `home`, and the same with more in it in `theirs`. */
async function makeHomes(home: string, theirs: string): Promise<void> {
  mkdirSync(home);
  const root = path.join(home, 'store');
  StateDirectory.create(root);
  const store = await StateDirectory.open(root);
  store.put(text('a'), text('1'));
  await store.checkpoint();
  store.put(text('b'), text('2'));
  await store.sync();
  store.close();
  cpSync(home, theirs, { recursive: true });
  await addTo(path.join(theirs, 'store'), 'secret', SECRET);
  for (const [place, value] of [
    [home, '1'],
    [theirs, SECRET],
  ] as const) {
    makePair(path.join(place, 'pair'), value);
    const snapshot = prepareExport({ source: path.join(place, 'store'), createdAtUnix: 0 });
    snapshot.writeTo(path.join(place, 'snapshot'), 'folder');
    snapshot.close();
  }
  for (const name of ['.', ...readdirSync(home, { recursive: true, encoding: 'utf8' })]) {
    const place = path.join(home, name);
    if (lstatSync(place).isDirectory()) chmodSync(place, 0o777);
  }
}

type Read = (fileSystem: FileSystem, source: string, out: string) => Promise<string> | string;

const shown = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => {
    if (one instanceof Uint8Array) return Buffer.from(one).toString('latin1');
    return typeof one === 'bigint' ? String(one) : one;
  });

const scan: Read = (fileSystem, source) => {
  const store = openReadable(source, { fileSystem });
  try {
    return shown([[...store.entries()], store.notices]);
  } finally {
    store.close();
  }
};

const get: Read = (fileSystem, source) => {
  const store = openReadable(source, { fileSystem, only: text('secret') });
  try {
    return shown(store.get(text('secret')) ?? null);
  } finally {
    store.close();
  }
};

const verify: Read = (fileSystem, source) => shown([...verifyPath(fileSystem, source, { quick: false })]);

/** Two keys are there, and three in what is the third party's. */
const stat: Read = (fileSystem, source) => {
  const report = statPath(fileSystem, source, { digest: true });
  return report.keys === 3 ? `${SECRET}: ${shown(report)}` : shown(report);
};

const follow: Read = (fileSystem, source) => {
  const followed = Follow.open(fileSystem, source);
  const records: unknown[] = [];
  try {
    for (let event = followed.next(); event !== 'waiting'; event = followed.next()) {
      records.push(event === 'record' ? followed.segment.view.operation() : followed.finding);
    }
    return shown(records);
  } finally {
    followed.close();
  }
};

const exported: Read = (fileSystem, source, out) => {
  const prepared = prepareExport({ fileSystem, source, createdAtUnix: 0 });
  try {
    prepared.writeTo(out, 'folder');
  } finally {
    prepared.close();
  }
  return scan(disk, out, '');
};

const imported: Read = async (fileSystem, source, out) => {
  await importStore({ fileSystem, source, destination: out });
  return scan(disk, out, '');
};

const repaired: Read = async (fileSystem, source, out) => {
  const events: unknown[] = [];
  for await (const event of repairPath({ fileSystem, path: source, into: out })) events.push(event);
  return shown(events) + (await scan(disk, out, ''));
};

/** Of these, every so many calls are tried. */
const LONG: ReadonlySet<Read> = new Set([stat, verify, exported, imported, repaired]);

/** What is read of a home, and whose place a link takes. */
const readers: Record<string, readonly [read: Read, source: string, ...places: string[]]> = {
  scan: [scan, 'store', 'wal', 'wal/2', 'wal/2/wal-0.log', 'checkpoints', 'checkpoints/1/state-0.db'],
  get: [get, 'store', 'wal', 'wal/2', 'wal/2/wal-0.log'],
  verify: [verify, 'store', 'wal', 'wal/2/wal-0.log', 'checkpoints/1'],
  stat: [stat, 'store', 'wal', 'wal/2', 'wal/2/wal-0.log'],
  follow: [follow, 'store', 'wal', 'wal/2', 'wal/2/wal-0.log'],
  'an export': [exported, 'store', 'wal', 'wal/2', 'wal/2/wal-0.log'],
  'an import of a store': [imported, 'store', 'wal', 'wal/2/wal-0.log'],
  'an import of a snapshot': [imported, 'snapshot', 'data'],
  'a repair': [repaired, 'store', 'wal', 'wal/2', 'wal/2/wal-0.log', 'checkpoints'],
  'a scan of segments': [scan, 'store/wal/2', 'wal-0.log'],
  'a scan of a snapshot': [scan, 'snapshot', 'data'],
  'a scan of a state file': [scan, 'pair/pair.db', '../pair.idx'],
  'a repair of a state file': [repaired, 'pair/pair.db', '../pair.idx'],
};

for (const [name, [read, source, ...places]] of Object.entries(readers)) {
  test(`no link leads a reader to what is a third party's, at whichever moment it is put there: ${name}`, async (t) => {
    const folder = tempDir(t);
    const template = path.join(folder, 'template');
    const theirs = path.join(folder, 'theirs');
    await makeHomes(template, theirs);
    let swaps = 0;
    for (const place of places) {
      for (let call = 0; ; call += LONG.has(read) ? 9 : 2) {
        const home = path.join(folder, `home-${swaps}-${call}`);
        cpSync(template, home, { recursive: true });
        chmodSync(home, 0o777);
        const target = path.join(theirs, source, place);
        const { fileSystem, isSwapped } = swappingFileSystem(
          disk,
          () => path.join(home, source, place),
          target,
          call,
        );
        let output = '';
        try {
          output = await read(
            fileSystem,
            path.join(home, source),
            path.join(folder, `out-${swaps}-${call}.db`),
          );
        } catch (error) {
          if (!(error instanceof StatelogError)) throw error;
          output = shown([error.message, error.details]);
        }
        t.false(output.includes(SECRET), `${place}, put there before call ${call}: ${output}`);
        if (!isSwapped()) break;
        swaps++;
      }
    }
    t.true(swaps > 2);
  });
}

for (const [name, args] of Object.entries({
  get: ['get', 'store', 'secret'],
  scan: ['scan', 'store'],
  count: ['scan', 'store', '--count'],
  verify: ['verify', 'store', '--hexdump'],
  'wal-replay': ['wal-replay', 'store', '--hexdump'],
  diff: ['diff', 'store', 'store'],
  export: ['export', 'store', '-', '--as', 'ndjson'],
  import: ['import', 'store', 'new'],
  repair: ['repair', 'store', '--into', 'new'],
})) {
  test(`a command that only reads refuses a link in another user's store: ${name}`, async (t) => {
    const folder = tempDir(t);
    const home = path.join(folder, 'home');
    const theirs = path.join(folder, 'theirs');
    await makeHomes(home, theirs);
    const place = path.join(home, 'store', 'wal');
    renameSync(place, `${place}-aside`);
    symlinkSync(path.join(theirs, 'store', 'wal'), place);
    const inHome = args.map((arg) => (arg === 'store' || arg === 'new' ? path.join(home, arg) : arg));
    const { exitCode, stdout, stderr } = await commandLine(inHome);
    // Of a log alone a segment that is not to be reached is one that is missing.
    t.is(exitCode, name === 'wal-replay' ? 3 : 8, stderr);
    const printed = stdout + stderr;
    t.false(printed.includes(SECRET) || printed.includes(toHex(text(SECRET))));
    t.true(name === 'wal-replay' || stderr.includes(`${place} is a symbolic link`), stderr);
  });
}

test('what is our own is read by path, links in it as ever', async (t) => {
  const folder = tempDir(t);
  const home = path.join(folder, 'home');
  await makeHomes(home, path.join(folder, 'theirs'));
  for (const name of ['.', ...readdirSync(home, { recursive: true, encoding: 'utf8' })]) {
    const place = path.join(home, name);
    if (lstatSync(place).isDirectory()) chmodSync(place, 0o700);
  }
  const root = path.join(home, 'store');
  t.is(anchoredBeside(disk, path.join(home, 'pair', 'pair.db')), disk);
  renameSync(path.join(root, 'wal'), path.join(home, 'wal'));
  symlinkSync(path.join(home, 'wal'), path.join(root, 'wal'));
  t.true((await scan(disk, root, '')).includes('"b"'));
});

test('a path that is named may be a link: a state file is read with the index that lies where it leads', async (t) => {
  const folder = tempDir(t);
  const home = path.join(folder, 'home');
  await makeHomes(home, path.join(folder, 'theirs'));
  const named = path.join(home, 'named.db');
  symlinkSync(path.join(home, 'pair', 'pair.db'), named);
  t.true((await scan(disk, named, '')).includes('"1"'));
  symlinkSync(path.join(home, 'store'), path.join(home, 'named'));
  t.true((await scan(disk, path.join(home, 'named'), '')).includes('"b"'));
});

test("where no path leads to what is open, root reads nothing of another user's folder, and others read as ever", async (t) => {
  const folder = tempDir(t);
  const home = path.join(folder, 'home');
  await makeHomes(home, path.join(folder, 'theirs'));
  const without = (userId: number) => withReplaced(disk, { pathThrough: () => undefined, userId });
  const root = path.join(home, 'store');
  t.is(failureOf(() => openReadable(root, { fileSystem: without(0) })).code, 'LED_ELSEWHERE');
  t.true((await scan(without(1234), root, '')).includes('"b"'));
});

test('a user who may not list a folder reads what is named there as ever, and root is told', (t) => {
  const folder = tempDir(t);
  const place = path.join(folder, 'folder');
  makePair(place, '1');
  chmodSync(place, 0o777);
  const pair = path.join(place, 'pair.db');
  const refused = (userId: number) =>
    withReplaced(disk, {
      userId,
      openDirectory: (one) => {
        throw new StatelogError('PERMISSION_DENIED', 'not to be listed', { path: one });
      },
    });
  const user = refused(lstatSync(place).uid + 1);
  t.is(anchoredBeside(user, pair), user);
  t.is(failureOf(() => anchoredBeside(refused(0), pair)).code, 'PERMISSION_DENIED');
});

test('who watches what is read in such a folder is told the path of the file, as it was asked for', async (t) => {
  const folder = tempDir(t);
  const home = path.join(folder, 'home');
  await makeHomes(home, path.join(folder, 'theirs'));
  const root = path.join(home, 'store');
  const paths = new Set<string>();
  const watched = watchedFileSystem(disk, (one) => paths.add(one));
  await verify(watched, root, '');
  t.true(paths.has(path.join(root, 'wal', '2', 'wal-0.log')));
  t.deepEqual(
    [...paths].filter((one) => !one.startsWith(root)),
    [],
  );
});
