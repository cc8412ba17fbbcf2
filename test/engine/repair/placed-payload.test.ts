import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { openArtifact } from '../../../src/engine/artifact/read/open-artifact.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { exported } from '../../torture/damage/damaged-artifact.js';
import { repairInto } from '../../torture/damage/log-damage.js';

function contentOf(artifact: string): Map<string, string> {
  const store = openArtifact(realFileSystem(), artifact);
  const content = new Map<string, string>();
  for (const { key, value } of store.entries())
    content.set(Buffer.from(key).toString(), Buffer.from(value).toString('latin1'));
  store.close();
  return content;
}

function exchange(folder: string, one: string, other: string): void {
  renameSync(path.join(folder, one), path.join(folder, 'between'));
  renameSync(path.join(folder, other), path.join(folder, one));
  renameSync(path.join(folder, 'between'), path.join(folder, other));
}

function move(folder: string, from: string, to: string): void {
  mkdirSync(path.dirname(path.join(folder, to)), { recursive: true });
  renameSync(path.join(folder, from), path.join(folder, to));
}

function exchangeCores(folder: string): void {
  exchange(folder, 'data/state-0.db', 'data/state-1.db');
  exchange(folder, 'data/state-0.idx', 'data/state-1.idx');
}

/** Turns one bit of a value, which leaves every other byte what the manifest says. */
function rotValue(folder: string, file: string): void {
  const bytes = readFileSync(path.join(folder, file));
  bytes[40] = bytes[40]! ^ 1;
  writeFileSync(path.join(folder, file), bytes);
}

const STATE_MOVES: Record<string, (folder: string) => void> = {
  'two cores exchanged': exchangeCores,
  'an index exchanged with values': (folder) => {
    exchange(folder, 'data/state-0.db', 'data/state-1.idx');
  },
  'two cores exchanged, and no manifest': (folder) => {
    exchangeCores(folder);
    rmSync(path.join(folder, 'MANIFEST.json'));
  },
  'files beside the folder that they belong in': (folder) => {
    for (const name of ['state-0.db', 'state-1.idx', 'CHECKPOINT.json']) move(folder, `data/${name}`, name);
  },
  'all files in a folder within': (folder) => {
    for (const name of ['state-0.db', 'state-0.idx', 'state-1.db', 'state-1.idx', 'CHECKPOINT.json'])
      move(folder, `data/${name}`, `data/copy/${name}`);
  },
  'files with other names': (folder) => {
    move(folder, 'data/state-0.db', 'data/state-0 (1).db');
    move(folder, 'data/CHECKPOINT.json', 'data/checkpoint.json');
  },
  'the manifest exchanged with the line of the checkpoint': (folder) => {
    exchange(folder, 'MANIFEST.json', 'data/CHECKPOINT.json');
  },
  'the manifest under another name': (folder) => {
    move(folder, 'MANIFEST.json', 'data/MANIFEST.json.old');
  },
  'a copy of a core as one that there is not': (folder) => {
    for (const end of ['db', 'idx'])
      cpSync(path.join(folder, `data/state-0.${end}`), path.join(folder, `data/state-9.${end}`));
  },
};

for (const [name, spoil] of Object.entries(STATE_MOVES)) {
  for (const form of ['folder', 'tar'] as const) {
    test(`nothing of an exported state directory is lost with ${name}: a ${form}`, async (t) => {
      const folder = tempDir(t);
      const artifact = await exported(folder, 'folder');
      const original = contentOf(artifact);
      spoil(artifact);
      const spoilt = form === 'folder' ? artifact : packed(artifact, folder);
      const into = path.join(folder, form === 'folder' ? 'new' : 'new.tar');
      const { summary } = await repairInto(spoilt, into);
      t.deepEqual(contentOf(into), original);
      t.like(summary, { gaps: 0, isWhole: true, lost: { bytes: 0, keys: 0 }, kept: { keys: original.size } });
    });
  }
}

function packed(artifact: string, folder: string): string {
  const tar = path.join(folder, 'packed.tar');
  execFileSync('tar', ['--format=ustar', '-C', artifact, '-cf', tar, ...namesIn(artifact)]);
  return tar;
}

function namesIn(artifact: string): string[] {
  return execFileSync('ls', [artifact], { encoding: 'utf8' }).trim().split('\n');
}

test('of exchanged cores one rotten value is lost, and no other', async (t) => {
  const folder = tempDir(t);
  const artifact = await exported(folder, 'folder');
  const original = contentOf(artifact);
  rotValue(artifact, 'data/state-1.db');
  exchangeCores(artifact);
  const { summary, events } = await repairInto(artifact, path.join(folder, 'new'));
  const findings = events.flatMap((event) => ('finding' in event ? event.finding : []));
  t.true(findings.some(({ class: kind, file }) => kind === 'misplaced' && file.endsWith('data/state-0.db')));
  const content = contentOf(path.join(folder, 'new'));
  for (const [key, value] of content) t.true(original.get(key) === value, key);
  t.is(content.size + summary.lost.keys, original.size);
  t.false(summary.isWhole);
});

test('a fold log under another name is found by its digest, and one beside it is not taken for it', async (t) => {
  const folder = tempDir(t);
  const artifact = path.join(folder, 'artifact');
  cpSync(fixturePath('artifact'), artifact, { recursive: true });
  const original = contentOf(artifact);
  for (const to of ['fold.snap', 'data/fold.snap.bak', 'data/old/fold.snap']) {
    const copy = path.join(folder, to.replaceAll('/', '-'));
    cpSync(artifact, copy, { recursive: true });
    move(copy, 'data/fold.snap', to);
    const { summary } = await repairInto(copy, `${copy}-new`);
    t.deepEqual(contentOf(`${copy}-new`), original, to);
    t.like(summary, { gaps: 0, isWhole: true, lost: { records: 0, keys: 0 } });
    cpSync(fixturePath('fold-log.snap'), path.join(copy, 'data/fold.snap'));
    await repairInto(copy, `${copy}-other`);
    t.deepEqual(contentOf(`${copy}-other`), original, `${to}, and another in its place`);
  }
});
