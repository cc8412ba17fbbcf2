import {
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

const FOREIGN = 'first line of another file\nsecond line\n';

/** Ways to lead a writer of a store to another file or folder. */
const TRAPS: Readonly<Record<string, (store: string, foreign: string) => void>> = {
  'the segment is a symbolic link': (store, foreign) => {
    rmSync(path.join(store, 'wal/2/wal-0.log'));
    symlinkSync(path.join(foreign, 'file'), path.join(store, 'wal/2/wal-0.log'));
  },
  'the segment is a hard link': (store, foreign) => {
    rmSync(path.join(store, 'wal/2/wal-0.log'));
    linkSync(path.join(foreign, 'file'), path.join(store, 'wal/2/wal-0.log'));
  },
  'broken is a link': (store, foreign) => {
    const segment = path.join(store, 'wal/2/wal-0.log');
    writeFileSync(segment, Buffer.concat([readFileSync(segment), Buffer.from('torn')]));
    symlinkSync(foreign, path.join(store, 'broken'));
  },
  'wal is a link': (store, foreign) => {
    renameSync(path.join(store, 'wal'), path.join(foreign, 'wal'));
    symlinkSync(path.join(foreign, 'wal'), path.join(store, 'wal'));
  },
  "the epoch's folder is a link": (store, foreign) => {
    renameSync(path.join(store, 'wal/2'), path.join(foreign, '2'));
    symlinkSync(path.join(foreign, '2'), path.join(store, 'wal/2'));
  },
  'checkpoints is a link': (store, foreign) => {
    renameSync(path.join(store, 'checkpoints'), path.join(foreign, 'checkpoints'));
    symlinkSync(path.join(foreign, 'checkpoints'), path.join(store, 'checkpoints'));
  },
  'LOCK is a link': (store, foreign) => {
    rmSync(path.join(store, 'LOCK'));
    symlinkSync(path.join(foreign, 'file'), path.join(store, 'LOCK'));
  },
};

/** All that is under a folder, with its bytes. */
function treeOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    entries.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, file), readFileSync(file, 'latin1')];
    }),
  );
}

for (const [trap, set] of Object.entries(TRAPS)) {
  test(`no command that writes follows: ${trap}`, async (t) => {
    const folder = tempDir(t);
    const store = path.join(folder, 'orders');
    const foreign = path.join(folder, 'foreign');
    mkdirSync(foreign);
    writeFileSync(path.join(foreign, 'file'), FOREIGN);
    for (const argv of [
      ['put', store, 'a', '1'],
      ['checkpoint', store],
      ['put', store, 'b', '2'],
    ]) {
      t.is((await commandLine(argv)).exitCode, 0);
    }
    set(store, foreign);
    const before = treeOf(foreign);
    for (const argv of [
      ['put', store, 'c', '3'],
      ['delete', store, 'a'],
      ['checkpoint', store],
      ['compact', store],
      ['repair', store],
    ]) {
      const { exitCode } = await commandLine(argv);
      t.true([3, 6, 8].includes(exitCode), `${argv[0]}: ${exitCode}`);
      t.deepEqual(treeOf(foreign), before, argv[0]);
    }
  });
}
