import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import type { Finding } from '../../../src/engine/finding.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import { rescuePath } from '../../../src/engine/repair/rescue.js';
import { openableBelow } from '../../../src/engine/repair/unopened.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { systemError } from '../../../src/engine/storage-io/interface/system-error.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { tempDir } from '../../support/temp-dir.js';

test('a link into a folder that the user may not enter stops nothing of the rest', (t) => {
  const folder = path.join(tempDir(t), 'store');
  mkdirSync(folder);
  for (const name of ['closed', 'wal-0.log']) writeFileSync(path.join(folder, name), 'bytes');
  const closed = path.join(folder, 'closed');
  const real = realFileSystem();
  const disk = withReplaced(real, {
    statusFollowing: (file) => {
      if (file === closed) throw systemError('stat', file, 'EACCES');
      return real.statusFollowing(file);
    },
  });
  const { fileSystem, findings } = openableBelow(disk, folder);
  t.deepEqual(
    findings.map(({ file }) => file),
    [closed],
  );
  t.deepEqual(fileSystem.readDirectory(folder), ['wal-0.log']);
});

/** The real disk, on which one folder may be entered and not be listed, or neither. */
function withUnlisted(folder: string): FileSystem {
  const real = realFileSystem();
  return withReplaced(real, {
    readDirectory: (path) => {
      if (path === folder) throw systemError('readdir', path, 'EACCES');
      return real.readDirectory(path);
    },
  });
}

async function storeOfTwoCheckpoints(root: string): Promise<void> {
  StateDirectory.create(root, { keep: 2 });
  const store = await StateDirectory.open(root);
  for (const key of ['a', 'b']) {
    store.put(toUtf8(key), toUtf8('1'));
    await store.checkpoint();
  }
  store.put(toUtf8('c'), toUtf8('1'));
  await store.sync();
  store.close();
  for (const stray of ['broken', 'checkpoints/9', 'wal/9']) mkdirSync(path.join(root, stray));
}

for (const [name, keys] of [
  ['checkpoints/1', 3],
  ['checkpoints/2', 3],
  ['checkpoints/9', 3],
  ['checkpoints', 2],
  ['wal/2', 3],
  ['wal/3', 2],
  ['wal', 2],
  ['wal/9', 3],
  ['broken', 3],
] as const) {
  test(`a folder that may not be listed, ${name}, is told, and stops nothing of a repair or a rescue`, async (t) => {
    const root = path.join(tempDir(t), 'store');
    await storeOfTwoCheckpoints(root);
    const folder = path.join(root, name);
    const fileSystem = withUnlisted(folder);
    for (const [work, steps] of Object.entries({
      repair: repairPath({ fileSystem, path: root, into: path.join(tempDir(t), 'new') }),
      rescue: rescuePath({ fileSystem, path: root, into: path.join(tempDir(t), 'new') }),
    })) {
      const told: Finding[] = [];
      let step = await steps.next();
      for (; step.done !== true; step = await steps.next())
        if ('finding' in step.value) told.push(step.value.finding);
      t.true(
        told.some((one) => one.file === folder && one.class === 'unreadable' && one.isRefused),
        work,
      );
      const { kept } = 'repair' in step.value ? step.value.repair : step.value;
      t.is(kept.keys, keys, work);
    }
  });
}

for (const name of ['checkpoints', 'wal', 'wal/9', 'broken']) {
  test(`verify tells of a folder that may be entered, and not be listed, and goes on: ${name}`, async (t) => {
    const root = path.join(tempDir(t), 'store');
    await storeOfTwoCheckpoints(root);
    const folder = path.join(root, name);
    const findings = [...verifyPath(withUnlisted(folder), root, { quick: false })];
    t.true(findings.some(({ file, isRefused }) => file === folder && isRefused));
  });
}

test('what a crash left and nobody may list stops no writer; a log that may hold changes does', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await storeOfTwoCheckpoints(root);
  const store = await StateDirectory.open(root, {
    fileSystem: withUnlisted(path.join(root, 'checkpoints/9')),
  });
  store.put(toUtf8('d'), toUtf8('1'));
  store.close();
  mkdirSync(path.join(root, 'wal/9'), { recursive: true });
  for (const name of ['wal', 'wal/9']) {
    const fileSystem = withUnlisted(path.join(root, name));
    await t.throwsAsync(() => StateDirectory.open(root, { fileSystem }), { code: 'PERMISSION_DENIED' });
  }
});
