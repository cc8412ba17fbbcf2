import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { createLocked, removeAbandonedLogs } from '../../../src/engine/fold/write/create-locked.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { failureOf } from '../../support/failure.js';
import { tempDir } from '../../support/temp-dir.js';

const disk = realFileSystem();
const content = new TextEncoder().encode('header');

test('a log that another process is making stays when what a crash left is removed, and gets its name', (t) => {
  const folder = tempDir(t);
  const log = path.join(folder, 'log.snap');
  writeFileSync(path.join(folder, '.log.snap.tmp-0123456789ab'), 'of a process that died');
  const sweeping = withReplaced(disk, {
    renameExclusive: (from, to) => {
      removeAbandonedLogs(disk, log);
      t.deepEqual(readdirSync(folder), [path.basename(from)]);
      disk.renameExclusive(from, to);
    },
  });
  const descriptor = createLocked(sweeping, log, content);
  t.deepEqual(readdirSync(folder), ['log.snap']);
  t.is(disk.statusOf(descriptor).identity, disk.status(log)!.identity);
  disk.close(descriptor);
});

test('a log that is taken for abandoned before it is locked is made again', (t) => {
  const folder = tempDir(t);
  const log = path.join(folder, 'log.snap');
  let sweeps = 0;
  const swept = withReplaced(disk, {
    createExclusive: (place) => {
      const descriptor = disk.createExclusive(place);
      if (sweeps++ < 2) removeAbandonedLogs(disk, log);
      return descriptor;
    },
  });
  disk.close(createLocked(swept, log, content));
  t.is(sweeps, 3);
  t.deepEqual(readdirSync(folder), ['log.snap']);
});

test('a log that is there by then is left as it is', (t) => {
  const folder = tempDir(t);
  const log = path.join(folder, 'log.snap');
  writeFileSync(log, 'of another');
  t.is(failureOf(() => createLocked(disk, log, content)).code, 'ALREADY_EXISTS');
  t.deepEqual(readdirSync(folder), ['log.snap']);
});
