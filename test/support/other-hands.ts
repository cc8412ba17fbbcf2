import {
  appendFileSync,
  copyFileSync,
  cpSync,
  linkSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/* What other hands can do to a store while a writer has it open. */

/** A store, and what there is to put in its place. */
export interface Scene {
  readonly folder: string;
  readonly root: string;
  /** A copy of the store as it was before it was opened. */
  readonly older: string;
  readonly segment: string;
}

/** By words that follow "after". */
export const STORE_WAYS: Readonly<Record<string, (scene: Scene) => void>> = {
  'its folder is moved away': ({ root }) => {
    renameSync(root, `${root}-moved`);
  },
  'its folder is moved away, and another store put there': ({ root, older }) => {
    renameSync(root, `${root}-moved`);
    cpSync(older, root, { recursive: true });
  },
  'its folder is removed': ({ root }) => {
    rmSync(root, { recursive: true });
  },
  'its folder is removed and restored': ({ root, older }) => {
    rmSync(root, { recursive: true });
    cpSync(older, root, { recursive: true });
  },
  'it is restored over': ({ root, older }) => {
    cpSync(older, root, { recursive: true, force: true });
  },
  'LOCK is removed': ({ root }) => {
    rmSync(path.join(root, 'LOCK'));
  },
  'LOCK is replaced': ({ root }) => {
    rmSync(path.join(root, 'LOCK'));
    writeFileSync(path.join(root, 'LOCK'), '');
  },
  'the manifest is removed': ({ root }) => {
    rmSync(path.join(root, 'MANIFEST.json'));
  },
  'the manifest is replaced': ({ root, older }) => {
    copyFileSync(path.join(older, 'MANIFEST.json'), path.join(root, 'new'));
    renameSync(path.join(root, 'new'), path.join(root, 'MANIFEST.json'));
  },
  'the manifest is written over': ({ root, older }) => {
    copyFileSync(path.join(older, 'MANIFEST.json'), path.join(root, 'MANIFEST.json'));
  },
  'the segment is removed': ({ segment }) => {
    rmSync(segment);
  },
  'the segment is replaced': ({ segment }) => {
    copyFileSync(segment, `${segment}.new`);
    renameSync(`${segment}.new`, segment);
  },
  'the segment is cut': ({ segment }) => {
    truncateSync(segment, 10);
  },
  'the segment is appended to': ({ segment }) => {
    appendFileSync(segment, 'xxxx');
  },
  'the segment is written over, in the same length': ({ segment }) => {
    writeFileSync(segment, Buffer.alloc(statSync(segment).size, 7));
  },
  'the segment gets a second name': ({ segment }) => {
    linkSync(segment, `${segment}.link`);
  },
  'the folder of the segment is moved': ({ segment }) => {
    renameSync(path.dirname(segment), `${path.dirname(segment)}-moved`);
  },
};

/** By words that follow "that was"; of a fold log, its path. */
export const LOG_WAYS: Readonly<Record<string, (file: string) => void>> = {
  removed: (file) => {
    rmSync(file);
  },
  moved: (file) => {
    renameSync(file, `${file}-moved`);
  },
  replaced: (file) => {
    copyFileSync(file, `${file}.new`);
    renameSync(`${file}.new`, file);
  },
  cut: (file) => {
    truncateSync(file, 6);
  },
  'appended to': (file) => {
    appendFileSync(file, 'xxxx');
  },
  'written over, in the same length': (file) => {
    writeFileSync(file, Buffer.alloc(statSync(file).size, 7));
  },
};

/** Every file under a folder with its bytes. */
export function treeOf(root: string): Record<string, string> {
  try {
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
    const files = names.filter((name) => statSync(path.join(root, name)).isFile());
    return Object.fromEntries(files.map((name) => [name, readFileSync(path.join(root, name), 'latin1')]));
  } catch {
    return {};
  }
}
