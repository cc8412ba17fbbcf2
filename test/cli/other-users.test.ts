import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../support/command-line.js';
import { tempDir } from '../support/temp-dir.js';

/* Root at work on another user's store. Without root there is nobody to give anything to, and the modes alone are shown. */

const isRoot = process.geteuid?.() === 0;
const OTHER = 65_534;

function pathsOf(place: string): string[] {
  if (!lstatSync(place).isDirectory()) return [place];
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' });
  return [place, ...names.map((name) => path.join(place, name))];
}

function give(place: string, folderMode: number, fileMode: number): void {
  for (const one of pathsOf(place)) {
    if (isRoot) chownSync(one, OTHER, OTHER);
    chmodSync(one, lstatSync(one).isDirectory() ? folderMode : fileMode);
  }
}

/** Everything belongs to the store's owner, and has the modes of the store. */
function isGiven(t: ExecutionContext, place: string, folderMode: number, fileMode: number): void {
  for (const one of pathsOf(place)) {
    const status = lstatSync(one);
    t.is(status.mode & 0o7777, status.isDirectory() ? folderMode : fileMode, one);
    if (isRoot) t.deepEqual([status.uid, status.gid], [OTHER, OTHER], one);
  }
}

for (const [folderMode, fileMode] of [
  [0o700, 0o600],
  [0o2770, 0o660],
  [0o750, 0o640],
] as const) {
  test(`a store stays its owner's and of its mode, ${folderMode.toString(8)}, whatever root does`, async (t) => {
    const store = path.join(tempDir(t), 'orders');
    t.is((await commandLine(['put', store, 'a', '1'])).exitCode, 0);
    give(store, folderMode, fileMode);
    for (const argv of [
      ['put', store, 'b', '2'],
      ['checkpoint', store],
      ['put', store, 'c', '3'],
      ['delete', store, 'a'],
      ['compact', store],
      ['checkpoint', store, '--keep', '1'],
    ]) {
      const { exitCode, stderr } = await commandLine(argv);
      t.is(exitCode, 0, stderr);
      isGiven(t, store, folderMode, fileMode);
    }
  });
}

test('a store that belongs to a group stays the group’s, though its members may not look into it', async (t) => {
  const store = path.join(tempDir(t), 'orders');
  t.is((await commandLine(['put', store, 'a', '1'])).exitCode, 0);
  const { uid, gid } = lstatSync(store);
  const group = isRoot ? OTHER : gid;
  for (const one of pathsOf(store)) chownSync(one, uid, group);
  t.is((await commandLine(['checkpoint', store])).exitCode, 0);
  for (const one of pathsOf(store)) t.is(lstatSync(one).gid, group, one);
});

test("a fold log stays its owner's and of its mode when it is rewritten", async (t) => {
  const log = path.join(tempDir(t), 'log.snap');
  t.is((await commandLine(['put', log, 'a', '1'])).exitCode, 0);
  give(log, 0o700, 0o640);
  for (const argv of [
    ['put', log, 'a', '2'],
    ['compact', log],
    ['checkpoint', log, '--cursor', '7'],
  ]) {
    t.is((await commandLine(argv)).exitCode, 0);
    isGiven(t, log, 0o700, 0o640);
  }
});

test('what a repair makes belongs to the owner of what was repaired', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'orders');
  for (const argv of [
    ['put', store, 'a', '1'],
    ['checkpoint', store],
    ['put', store, 'b', '2'],
  ]) {
    t.is((await commandLine(argv)).exitCode, 0);
  }
  give(store, 0o700, 0o600);
  const into = path.join(folder, 'new');
  t.is((await commandLine(['repair', store, '--into', into])).exitCode, 0);
  isGiven(t, into, 0o700, 0o600);
});

for (const [folderMode, fileMode] of [
  [0o700, 0o600],
  [0o2770, 0o660],
] as const) {
  test(`an empty folder, ${folderMode.toString(8)}, stays its owner's when it is filled, with all that comes into it`, async (t) => {
    const folder = tempDir(t);
    const orders = path.join(folder, 'orders');
    const tar = path.join(folder, 'orders.tar');
    t.is((await commandLine(['put', orders, 'a', '1'])).exitCode, 0);
    t.is((await commandLine(['export', orders, tar])).exitCode, 0);
    for (const [name, argv] of Object.entries({
      put: (place: string) => ['put', place, 'a', '1'],
      create: (place: string) => ['create', place, '--cores', '2'],
      import: (place: string) => ['import', tar, place],
      export: (place: string) => ['export', orders, place],
      repair: (place: string) => ['repair', orders, '--into', place],
    })) {
      const place = path.join(folder, name);
      mkdirSync(place);
      give(place, folderMode, fileMode);
      const { exitCode, stderr } = await commandLine(argv(place));
      t.is(exitCode, 0, stderr);
      isGiven(t, place, folderMode, fileMode);
    }
  });
}
