import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { openableBelow } from '../../../src/engine/repair/unopened.js';
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
