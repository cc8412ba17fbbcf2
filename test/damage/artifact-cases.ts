import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { coreOfKey } from '../../src/engine/directory/state/core-state.js';
import { damaged, type Damaged, type DamageCase } from './case.js';
import { append, cutAt, flip, rewrite } from './edits.js';
import { goodArtifact, goodDirectory, goodLog, keyOf, valueOf } from './good.js';

function logArtifactCase(
  name: string,
  damageClass: DamageCase['class'],
  damage: (root: string) => Damaged,
): DamageCase {
  const make = (folder: string): Damaged => {
    const log = path.join(folder, 'orders.snap');
    goodLog(log);
    const root = path.join(folder, 'artifact');
    goodArtifact(log, root);
    return damage(root);
  };
  return { name, class: damageClass, make };
}

function tarCase(
  name: string,
  damageClass: DamageCase['class'],
  damage: (tar: string) => Damaged,
): DamageCase {
  const make = async (folder: string): Promise<Damaged> => {
    const store = path.join(folder, 'orders');
    await goodDirectory(store);
    const tar = path.join(folder, 'orders.tar');
    goodArtifact(store, tar);
    return damage(tar);
  };
  return { name, class: damageClass, make };
}

/** Says something else in the manifest. */
function edit(root: string, from: string | RegExp, to: string): void {
  const file = path.join(root, 'MANIFEST.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
}

/** What can be wrong with an artifact. */
export const ARTIFACT_CASES: readonly DamageCase[] = [
  logArtifactCase('artifact-with-a-flipped-bit', 'digest-mismatch', (root) => {
    const fold = path.join(root, 'data', 'fold.snap');
    flip(fold, 500);
    return damaged(root, 'digest-mismatch', { file: fold, offset: 0 });
  }),
  logArtifactCase('artifact-with-a-file-that-grew', 'bad-length', (root) => {
    const fold = path.join(root, 'data', 'fold.snap');
    append(fold, new Uint8Array(1));
    return damaged(root, 'bad-length', { file: fold, offset: 0 });
  }),
  logArtifactCase('artifact-with-an-unlisted-file', 'unlisted-file', (root) => {
    const notes = path.join(root, 'data', 'notes.txt');
    writeFileSync(notes, 'who put this here?');
    return damaged(root, 'unlisted-file', { file: notes, offset: 0 });
  }),
  logArtifactCase('artifact-without-a-file', 'missing-file', (root) => {
    const fold = path.join(root, 'data', 'fold.snap');
    rmSync(fold);
    return damaged(root, 'missing-file', { file: fold, offset: 0 });
  }),
  logArtifactCase('artifact-with-another-cursor', 'cursor-mismatch', (root) => {
    edit(root, /("cursor_hex": ")\d{2}/, '$199');
    return damaged(root, 'cursor-mismatch', { offset: 0 });
  }),
  logArtifactCase('artifact-with-a-damaged-manifest', 'bad-header', (root) => {
    edit(root, '"files"', '"flies"');
    return damaged(root, 'bad-header', { offset: 0 });
  }),
  logArtifactCase('artifact-with-another-payload-version', 'bad-version', (root) => {
    edit(root, '"backend_version": "2"', '"backend_version": "3"');
    return { path: root, exitCode: 7, findings: [] };
  }),
  tarCase('tar-with-a-flipped-bit', 'digest-mismatch', (tar) => {
    flip(tar, readFileSync(tar).indexOf(valueOf(7, 3)));
    const file = `${tar}/data/state-${coreOfKey(keyOf(7), 2)}.db`;
    return damaged(tar, 'digest-mismatch', { file, offset: 0 });
  }),
  tarCase('tar-cut-short', 'bad-length', (tar) => {
    rewrite(tar, (bytes) => bytes.subarray(0, 9_000));
    return damaged(tar, 'bad-length', { offset: 9_000 });
  }),
  tarCase('tar-without-its-end', 'bad-length', (tar) => {
    const { length } = readFileSync(tar);
    cutAt(tar, length - 1024);
    return damaged(tar, 'bad-length', { offset: length - 1024 });
  }),
];
