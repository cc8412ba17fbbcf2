import { readFileSync } from 'node:fs';
import { AppendLogSnapshot } from '../../../src/engine/artifact/backends/append-log-snapshot.js';
import { checkArtifact } from '../../../src/engine/artifact/read/stage-artifact.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { SimulatedDisk } from '../../simulated-disk/index.js';
import { fixturePath } from '../../support/fixtures.js';

const LOG = '/store/log.snap';
const OUT = '/out/artifact';
const NEW = '/new/imported.snap';

export function newArtifactDisk(): SimulatedDisk {
  const disk = new SimulatedDisk();
  disk.plantFile(LOG, readFileSync(fixturePath('fold-compact.snap')));
  disk.plantFile('/out/neighbour', Uint8Array.of(1));
  disk.plantFile('/new/neighbour', Uint8Array.of(1));
  disk.plantFile('/source/MANIFEST.json', readFileSync(fixturePath('artifact/MANIFEST.json')));
  disk.plantFile('/source/data/fold.snap', readFileSync(fixturePath('artifact/data/fold.snap')));
  return disk;
}

/** Something that makes an artifact, or a store of one. */
export interface ArtifactWork {
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

export const ARTIFACT_WORKS: Readonly<Record<string, ArtifactWork>> = {
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
