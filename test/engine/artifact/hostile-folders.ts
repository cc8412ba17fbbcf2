import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** What makes a good artifact's folder one that must be refused, by name. */
export const hostileFolders: Readonly<Record<string, (artifact: string) => void>> = {
  'no manifest': (artifact) => {
    rmSync(path.join(artifact, 'MANIFEST.json'));
  },
  'no data': (artifact) => {
    rmSync(path.join(artifact, 'data'), { recursive: true });
  },
  'an empty data folder': (artifact) => {
    rmSync(path.join(artifact, 'data/fold.snap'));
  },
  'a manifest of 1 GiB': (artifact) => {
    truncateSync(path.join(artifact, 'MANIFEST.json'), 2 ** 30);
  },
  'a manifest that is a link': (artifact) => {
    renameSync(path.join(artifact, 'MANIFEST.json'), path.join(artifact, '../elsewhere'));
    symlinkSync('../elsewhere', path.join(artifact, 'MANIFEST.json'));
  },
  'a payload that is a link': (artifact) => {
    renameSync(path.join(artifact, 'data/fold.snap'), path.join(artifact, '../elsewhere'));
    symlinkSync('../../elsewhere', path.join(artifact, 'data/fold.snap'));
  },
  'a data folder that is a link': (artifact) => {
    renameSync(path.join(artifact, 'data'), path.join(artifact, '../elsewhere'));
    symlinkSync('../elsewhere', path.join(artifact, 'data'));
  },
  'a link beside the payload': (artifact) => {
    symlinkSync('/etc/passwd', path.join(artifact, 'data/extra'));
  },
  'a FIFO beside the payload': (artifact) => {
    execFileSync('mkfifo', [path.join(artifact, 'data/extra')]);
  },
  'a FIFO as the payload': (artifact) => {
    rmSync(path.join(artifact, 'data/fold.snap'));
    execFileSync('mkfifo', [path.join(artifact, 'data/fold.snap')]);
  },
  'a FIFO as the manifest': (artifact) => {
    rmSync(path.join(artifact, 'MANIFEST.json'));
    execFileSync('mkfifo', [path.join(artifact, 'MANIFEST.json')]);
  },
  'a folder as the payload': (artifact) => {
    rmSync(path.join(artifact, 'data/fold.snap'));
    mkdirSync(path.join(artifact, 'data/fold.snap'));
  },
  'a folder as the manifest': (artifact) => {
    rmSync(path.join(artifact, 'MANIFEST.json'));
    mkdirSync(path.join(artifact, 'MANIFEST.json'));
  },
  'a file as data': (artifact) => {
    rmSync(path.join(artifact, 'data'), { recursive: true });
    writeFileSync(path.join(artifact, 'data'), 'x');
  },
  'an unlisted file': (artifact) => {
    writeFileSync(path.join(artifact, 'data/extra'), 'x');
  },
  'an unlisted file deep down': (artifact) => {
    mkdirSync(path.join(artifact, 'data/a/b/c'), { recursive: true });
    writeFileSync(path.join(artifact, 'data/a/b/c/extra'), 'x');
  },
  'a file beside data': (artifact) => {
    writeFileSync(path.join(artifact, 'extra'), 'x');
  },
  'folders without end': (artifact) => {
    mkdirSync(path.join(artifact, 'data', 'a/'.repeat(100)), { recursive: true });
  },
  'a payload a byte short': (artifact) => {
    truncateSync(path.join(artifact, 'data/fold.snap'), 13_368);
  },
  'a payload a byte long': (artifact) => {
    writeFileSync(path.join(artifact, 'data/fold.snap'), 'x', { flag: 'a' });
  },
  'a sparse payload of 8 TiB': (artifact) => {
    truncateSync(path.join(artifact, 'data/fold.snap'), 2 ** 43);
  },
  'a payload with another byte': (artifact) => {
    const bytes = readFileSync(path.join(artifact, 'data/fold.snap'));
    bytes[7000]! ^= 1;
    writeFileSync(path.join(artifact, 'data/fold.snap'), bytes);
  },
};
