import { readFileSync } from 'node:fs';
import { decodeManifest as decodeArtifactManifest } from '../../../src/engine/artifact/manifest.js';
import { checkArtifact } from '../../../src/engine/artifact/stage-artifact.js';
import { decodeManifest, encodeManifest } from '../../../src/engine/directory/manifest.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { MmapStateStore } from '../../../src/engine/state/mmap-state-store.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../../src/engine/storage-io/simulated/index.js';
import { goodTar } from '../../engine/artifact/hostile-tars.js';
import { fixturePath } from '../../support/fixtures.js';
import type { Subject } from './subject.js';

const DB = '/store/state.db';
const IDX = '/store/state.idx';

const fixture = (name: string): Uint8Array => Uint8Array.from(readFileSync(fixturePath(name)));

/** Runs what may refuse; undefined where it refused as it should. What else is thrown is a violation. */
function orRefused<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isStatelogError(error)) return undefined;
    throw error;
  }
}

function contentOf(fileSystem: SimulatedFileSystem): string | undefined {
  return orRefused(() => {
    const store = MmapStateStore.openReadOnly(DB, { fileSystem });
    try {
      let content = '';
      for (const { key, value } of store.scan()) {
        content += `${Buffer.from(key).toString('latin1')}=${Buffer.from(value).toString('latin1')};`;
      }
      return content;
    } finally {
      store.close();
    }
  });
}

/** The two files of a pair, one of which is changed. With our block, what is wrong is noticed or says the same. */
function pair(name: string, db: Uint8Array, idx: Uint8Array, hasSums: boolean): Subject[] {
  const whole = read(db, idx);
  function read(values: Uint8Array, index: Uint8Array): string | undefined {
    const disk = new SimulatedDisk();
    disk.plantFile(DB, values);
    disk.plantFile(IDX, index);
    return contentOf(new SimulatedFileSystem({ disk }));
  }
  const compare = (found: string | undefined): void => {
    if (hasSums && found !== undefined && found !== whole) {
      throw new Error('R2: other content was returned as good');
    }
  };
  return [
    { name: `${name}.db`, bytes: db, check: (changed) => compare(read(changed, idx)) },
    { name: `${name}.idx`, bytes: idx, check: (changed) => compare(read(db, changed)) },
  ];
}

function ownPair(): Subject[] {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory('/store');
  const store = MmapStateStore.persistent(DB, 0, { fileSystem });
  for (let key = 0; key < 40; key++) {
    store.put(Buffer.from(`key ${key}`), new Uint8Array(5 * key).fill(key));
  }
  store.put(Buffer.from('key 1'), new Uint8Array(0));
  store.flush();
  store.close();
  return pair('our state', fileSystem.disk.fileBytes(DB), fileSystem.disk.fileBytes(IDX), true);
}

function ownManifest(): Subject {
  const core = { nextSequence: 7n, lastTimestampNs: 123_456_789n, writePos: 4096, indexCrc: 0x1234_5678 };
  const bytes = encodeManifest({
    storeId: new Uint8Array(16).fill(7),
    cores: 2,
    keep: 2,
    checkpoints: [
      { epoch: 3n, sources: new Map([['orders', 12n]]), watermark: -5n, cores: [core, core] },
      { epoch: 4n, sources: new Map(), watermark: undefined, cores: [core, core] },
    ],
  });
  const text = Buffer.from(bytes).toString('latin1');
  return {
    name: 'our MANIFEST.json',
    bytes,
    check: (changed) => {
      const manifest = orRefused(() => decodeManifest(changed, 'MANIFEST.json'));
      if (manifest === undefined) return;
      if (Buffer.from(encodeManifest(manifest)).toString('latin1') !== text) {
        throw new Error('R2: a manifest that says something else was taken');
      }
    },
  };
}

/** An artifact of which one file is changed: found, or it says the same. */
function artifactFile(path: string): Subject {
  const files = ['MANIFEST.json', 'data/fold.snap'];
  const bytes = fixture(`artifact/${path}`);
  const manifest = JSON.stringify(decodeArtifactManifest(fixture('artifact/MANIFEST.json'), 'a'));
  return {
    name: `artifact/${path}`,
    bytes,
    check: (changed) => {
      const disk = new SimulatedDisk();
      for (const file of files) {
        disk.plantFile(`/artifact/${file}`, file === path ? changed : fixture(`artifact/${file}`));
      }
      checkFound(new SimulatedFileSystem({ disk }), '/artifact', manifest);
    },
  };
}

function tar(): Subject {
  const manifest = JSON.stringify(decodeArtifactManifest(fixture('artifact/MANIFEST.json'), 'a'));
  return {
    name: 'a tar of an artifact',
    bytes: goodTar,
    check: (changed) => {
      const disk = new SimulatedDisk();
      disk.plantFile('/artifact.tar', changed);
      checkFound(new SimulatedFileSystem({ disk }), '/artifact.tar', manifest);
    },
  };
}

function checkFound(fileSystem: SimulatedFileSystem, path: string, manifest: string): void {
  let findings = 0;
  const found = orRefused(() => checkArtifact(fileSystem, path, () => (findings += 1)));
  if (found === undefined || findings > 0) return;
  const { created_at_unix: _time, ...said } = JSON.parse(JSON.stringify(found)) as Record<string, unknown>;
  const { created_at_unix: _other, ...expected } = JSON.parse(manifest) as Record<string, unknown>;
  if (JSON.stringify(said) !== JSON.stringify(expected)) {
    throw new Error('R2: an artifact that says something else was taken');
  }
}

/** State files, manifests, artifacts: the originals' and our own. */
export function stateSubjects(): Subject[] {
  const pairs = ['state-empty', 'state-one', 'state-small', 'state-medium', 'state-large'];
  return [
    ...pairs.flatMap((name) => pair(name, fixture(`${name}.db`), fixture(`${name}.idx`), false)),
    ...ownPair(),
    ownManifest(),
    artifactFile('MANIFEST.json'),
    artifactFile('data/fold.snap'),
    tar(),
  ];
}
