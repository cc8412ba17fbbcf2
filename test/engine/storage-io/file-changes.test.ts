import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { FileChanges, type Timer } from '../../../src/engine/storage-io/real/file-changes.js';
import { tempDir } from '../../support/temp-dir.js';

/** A clock that is moved by hand. */
function manualTimer(): { timer: Timer; elapse: () => void; set: () => number } {
  const callbacks = new Set<() => void>();
  return {
    timer: (callback) => {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    elapse: () => {
      for (const callback of [...callbacks]) callback();
    },
    set: () => callbacks.size,
  };
}

test('a file that grows, appears or goes ends the wait, without the clock', async (t) => {
  const folder = tempDir(t);
  const file = path.join(folder, 'file');
  const { timer } = manualTimer();
  const changes = new FileChanges({ timer });
  changes.watch([folder]);
  for (const change of [
    () => writeFileSync(file, ''),
    () => appendFileSync(file, 'more'),
    () => rmSync(file),
  ]) {
    const next = changes.next();
    change();
    await next;
  }
  changes.close();
  t.pass();
});

test('a change that came while nobody waited is not missed, and is told of at once', async (t) => {
  const folder = tempDir(t);
  const { timer, set } = manualTimer();
  let seen = 0;
  let onSeen: (() => void) | undefined;
  const changes = new FileChanges({
    timer,
    onRename: () => {
      seen += 1;
      onSeen?.();
    },
  });
  changes.watch([folder]);
  const told = new Promise<void>((resolve) => (onSeen = resolve));
  writeFileSync(path.join(folder, 'file'), 'content');
  await told;
  await changes.next();
  t.true(seen > 0);
  t.is(set(), 0);
  changes.close();
});

test('where nothing can be watched the clock ends the wait, and waking does', async (t) => {
  const { timer, elapse, set } = manualTimer();
  const changes = new FileChanges({ timer });
  changes.watch([path.join(tempDir(t), 'none')]);
  const first = changes.next();
  t.is(set(), 1);
  elapse();
  await first;
  const second = changes.next();
  changes.wake();
  await second;
  t.is(set(), 0);
  changes.close();
});

test('a folder that is watched may be removed, and others be watched in its place', async (t) => {
  const folders = ['one', 'two'].map((name) => path.join(tempDir(t), name)) as [string, string];
  for (const folder of folders) mkdirSync(folder);
  const changes = new FileChanges({ timer: manualTimer().timer });
  changes.watch([folders[0]]);
  const removed = changes.next();
  rmSync(folders[0], { recursive: true });
  await removed;
  changes.watch([folders[1]]);
  const next = changes.next();
  writeFileSync(path.join(folders[1], 'file'), '');
  await next;
  changes.close();
  t.pass();
});
