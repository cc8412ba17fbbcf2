import { readFileSync } from 'node:fs';
import test from 'ava';
import { AppendLogSnapshot } from '../../../src/engine/artifact/append-log-snapshot.js';
import { checkArtifact } from '../../../src/engine/artifact/stage-artifact.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import type { FileSystem } from '../../../src/engine/storage-io/file-system.js';
import {
  exploreCrashesInPlace,
  failAt,
  powerLossImages,
  SimulatedDisk,
  SimulatedFileSystem,
} from '../../../src/engine/storage-io/simulated/index.js';
import { fixturePath } from '../../support/fixtures.js';

const LOG = '/store/log.snap';
const OUT = '/out/artifact';
const NEW = '/new/imported.snap';

function newDisk(): SimulatedDisk {
  const disk = new SimulatedDisk();
  disk.plantFile(LOG, readFileSync(fixturePath('fold-compact.snap')));
  disk.plantFile('/out/neighbour', Uint8Array.of(1));
  disk.plantFile('/new/neighbour', Uint8Array.of(1));
  disk.plantFile('/source/MANIFEST.json', readFileSync(fixturePath('artifact/MANIFEST.json')));
  disk.plantFile('/source/data/fold.snap', readFileSync(fixturePath('artifact/data/fold.snap')));
  return disk;
}

interface Work {
  readonly run: (fileSystem: FileSystem) => void;
  /** Throws unless what is at the destination is whole; false if nothing is there. */
  readonly check: (fileSystem: FileSystem) => boolean;
}

let checks = 0;

function checkExport(fileSystem: FileSystem): boolean {
  if (fileSystem.status(OUT) === undefined) return false;
  const findings: unknown[] = [];
  const manifest = checkArtifact(fileSystem, OUT, (finding) => findings.push(finding));
  if (manifest === undefined || findings.length > 0) throw new Error(JSON.stringify(findings));
  const { store } = AppendLogSnapshot.import(OUT, `/new/again-${checks++}.snap`, Infinity, { fileSystem });
  if (store.count !== 102) throw new Error(`${store.count} keys`);
  store.close();
  return true;
}

function exportAs(form: 'folder' | 'tar') {
  return (fileSystem: FileSystem): void => {
    const { store } = AppendLogSnapshot.load(LOG, { fileSystem });
    try {
      store.exportTo(OUT, { form, createdAtUnix: 1 });
    } finally {
      store.close();
    }
  };
}

const works: Record<string, Work> = {
  'an export to a folder': { run: exportAs('folder'), check: checkExport },
  'an export to a tar': { run: exportAs('tar'), check: checkExport },
  'an import': {
    run: (fileSystem) => {
      AppendLogSnapshot.import('/source', NEW, Infinity, { fileSystem }).store.close();
    },
    check: (fileSystem) => {
      if (fileSystem.status(NEW) === undefined) return false;
      const { store } = AppendLogSnapshot.load(NEW, { fileSystem });
      const size = store.sizeBytes;
      store.close();
      if (size !== 13_369) throw new Error(`${size} bytes`);
      return true;
    },
  },
};

for (const [name, { run, check }] of Object.entries(works)) {
  test(`a power loss during ${name} leaves it whole or not there, and whole once it is acknowledged`, async (t) => {
    const report = await exploreCrashesInPlace({
      disk: newDisk(),
      book: () => ({ acknowledged: false }),
      run: (fileSystem, book) => {
        run(fileSystem);
        book.acknowledged = true;
      },
      check: ({ fileSystem }, book) => {
        const there = check(fileSystem);
        if (book.acknowledged && !there) throw new Error('it is not there');
      },
      options: { samples: 32, tears: 'edges' },
    });
    t.true(report.images > 50);
  });

  test(`any call that fails during ${name} leaves nothing half-done, and is reported as one of our errors`, (t) => {
    const counting = new SimulatedFileSystem({ disk: newDisk() });
    run(counting);
    for (let index = 0; index < counting.operationCount; index++) {
      for (const when of ['before', 'after'] as const) {
        const disk = newDisk();
        const fileSystem = new SimulatedFileSystem({ disk, plan: failAt(index, 'EIO', when) });
        let acknowledged = true;
        try {
          run(fileSystem);
        } catch (error) {
          if (!isStatelogError(error)) throw error;
          acknowledged = false;
        }
        t.deepEqual(fileSystem.openPaths, [], `call ${index}: a file stays open`);
        const there = check(new SimulatedFileSystem({ disk }));
        t.true(there || !acknowledged, `call ${index}: acknowledged and not there`);
        if (!acknowledged) continue;
        for (const image of powerLossImages(disk, { tears: 'none' })) t.true(check(image.fileSystem));
      }
    }
  });
}
