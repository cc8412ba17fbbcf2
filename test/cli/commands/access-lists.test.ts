import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../../support/command-line.js';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';

/* Lists of setfacl: who is named in them keeps his rights, and the group gets none that only the mask has. */

const GUEST = '65534';

/** Sets an entry of a list; false where the tools or the file system have none. */
function grants(place: string, entry: string): boolean {
  return spawnSync('setfacl', ['-m', entry, place]).status === 0;
}

function listOf(place: string): string[] {
  const output = execFileSync('getfacl', ['-cpn', place], { encoding: 'utf8' });
  return output.split('\n').filter((line) => line !== '');
}

function listsAreThere(): boolean {
  const probe = path.join(process.env['TMPDIR'] ?? '/tmp', `.statelog-list-${process.pid}`);
  writeFileSync(probe, '');
  const isThere = grants(probe, `u:${GUEST}:r`);
  spawnSync('rm', ['-f', probe]);
  return isThere;
}

const listed = needing(test, 'setfacl, and a file system with access lists', listsAreThere());
const GROUP_BITS = 0o070;

async function succeeds(t: ExecutionContext, ...argv: string[]): Promise<void> {
  const { exitCode, stderr } = await commandLine(argv);
  t.is(exitCode, 0, stderr);
}

listed('compact and repair --into keep the access list of a fold log', async (t) => {
  const folder = tempDir(t);
  const fold = path.join(folder, 'fold.snap');
  await succeeds(t, 'put', fold, 'key', 'value');
  t.true(grants(fold, `u:${GUEST}:rw`));
  const list = listOf(fold);
  t.true(list.includes('group::---'));
  await succeeds(t, 'put', fold, 'key', 'other value');
  const before = statSync(fold).ino;
  await succeeds(t, 'compact', fold);
  t.not(statSync(fold).ino, before);
  t.deepEqual(listOf(fold), list);
  const repaired = path.join(folder, 'repaired.snap');
  await succeeds(t, 'repair', fold, '--into', repaired);
  t.deepEqual(listOf(repaired), list);
});

listed(
  'what is made in a folder with an access list gives the group no more than the list does',
  async (t) => {
    const folder = tempDir(t);
    const store = path.join(folder, 'store');
    await succeeds(t, 'put', store, 'key', 'value');
    chmodSync(store, 0o700);
    t.true(grants(store, `u:${GUEST}:rwx`));
    await succeeds(t, 'checkpoint', store);
    const repaired = path.join(folder, 'repaired');
    await succeeds(t, 'repair', store, '--into', repaired);
    t.is(statSync(repaired).mode & GROUP_BITS, 0);
    const made = readdirSync(path.join(store, 'checkpoints')).map((name) =>
      path.join(store, 'checkpoints', name),
    );
    t.true(made.length > 0);
    for (const place of made) t.is(statSync(place).mode & GROUP_BITS, 0, place);
  },
);

listed('a default list of a store’s folder holds for what is made in it', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await succeeds(t, 'put', store, 'key', 'value');
  t.true(grants(store, `u:${GUEST}:rwx`));
  for (const place of ['.', 'wal', 'checkpoints'])
    t.true(grants(path.join(store, place), `d:u:${GUEST}:rwx`));
  await succeeds(t, 'checkpoint', store);
  const [newest] = readdirSync(path.join(store, 'checkpoints')).reverse();
  const list = listOf(path.join(store, 'checkpoints', newest!));
  t.true(list.includes(`user:${GUEST}:rwx`));
  t.true(list.includes('mask::rwx'));
});
