import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hostileFolders } from '../../engine/artifact/hostile-folders.js';
import { hostileManifests } from '../../engine/artifact/hostile-manifests.js';
import { goodTar, hostileTars } from '../../engine/artifact/hostile-tars.js';
import { mustRefuse, spoiledArtifact } from '../../engine/artifact/must-refuse.js';
import type { TortureRow } from '../row.js';
import { mutate } from './mutate.js';

type Hostile = readonly [name: string, make: (folder: string) => string];

/** Artifacts made to do harm, each with a name; in the long run also good ones with faults at random. */
export const hostileArtifactsRow: TortureRow = {
  id: 'hostile-artifacts',
  title: 'hostile artifacts by name',
  figures: { part: 150, usual: 150, long: 10_000_000 },
  shardsMax: 2,
  run: (task) => {
    for (const [index, [name, make]] of named().entries()) {
      if (!task.isMine(index)) continue;
      task.count += 1;
      try {
        inFolder((folder) => {
          mustRefuse(folder, make);
        });
      } catch (error) {
        task.report(name, error);
      }
    }
    while (task.scale === 'long' && task.isUnfinished) {
      const [, hostile] = hostileTars[task.random.below(hostileTars.length)]!;
      const changed = mutate(task.random.below(2) === 0 ? goodTar : hostile, hostile, task.random);
      task.count += 1;
      try {
        inFolder((folder) => {
          mustRefuse(folder, (inside) => written(inside, changed));
        });
      } catch (error) {
        if (!(error instanceof Error && error.message === 'it was taken'))
          task.report(`mutated tar ${task.count}`, error);
      }
    }
  },
};

function named(): Hostile[] {
  return [
    ...hostileTars.map(([name, bytes]): Hostile => [
      `a tar with ${name}`,
      (folder) => written(folder, bytes),
    ]),
    ...hostileManifests.map(([name, content]): Hostile => [
      `a manifest with ${name}`,
      (folder) =>
        spoiledArtifact(folder, (artifact) => writeFileSync(path.join(artifact, 'MANIFEST.json'), content)),
    ]),
    ...Object.entries(hostileFolders).map(([name, spoil]): Hostile => [
      `a folder with ${name}`,
      (folder) => spoiledArtifact(folder, spoil),
    ]),
  ];
}

function written(folder: string, bytes: Uint8Array): string {
  const file = path.join(folder, 'hostile.tar');
  writeFileSync(file, bytes);
  return file;
}

function inFolder(action: (folder: string) => void): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'statelog-torture-'));
  try {
    action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
