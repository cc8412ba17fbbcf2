import { readFileSync } from 'node:fs';
import { AppendLogSnapshot } from '../../../src/engine/artifact/backends/append-log-snapshot.js';
import { decodeManifest, encodeManifest } from '../../../src/engine/directory/manifest/manifest.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { FOLD, goodTar } from '../../engine/artifact/hostile-tars.js';
import { fixturePath } from '../../support/fixtures.js';
import type { Subject } from './subject.js';

/** A pair longer than this is not read whole for each of its bits. */
const LARGE_BYTES = 64 * 1024;
const DB = '/store/state.db';
const IDX = '/store/state.idx';

const known = new Map<string, Uint8Array>();

function fixture(name: string): Uint8Array {
  const bytes = known.get(name) ?? Uint8Array.from(readFileSync(fixturePath(name)));
  known.set(name, bytes);
  return bytes;
}

/** Runs what may refuse; undefined where it refused as it should. What else is thrown is a violation. */
function orRefused<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isStatelogError(error)) return undefined;
    throw error;
  }
}

/** The entries of a pair as texts; undefined where it is refused. */
function contentOf(fileSystem: SimulatedFileSystem): string[] | undefined {
  return orRefused(() => {
    const store = MmapStateStore.openReadOnly(DB, { fileSystem });
    try {
      const entries: string[] = [];
      for (const { key, value } of store.scan()) {
        entries.push(`${Buffer.from(key).toString('latin1')}=${Buffer.from(value).toString('latin1')};`);
      }
      return entries;
    } finally {
      store.close();
    }
  });
}

/**
 * The two files of a pair, one of which is changed. With our block, what is wrong is noticed or says the same. The
 * originals' pairs have no checksums: of those a flipped bit among the values shows in one value alone.
 */
function pair(name: string, db: Uint8Array, idx: Uint8Array, hasSums: boolean): Subject[] {
  const whole = read(db, idx);
  function read(values: Uint8Array, index: Uint8Array): string[] | undefined {
    const disk = new SimulatedDisk();
    disk.lendFile(DB, values);
    disk.lendFile(IDX, index);
    return contentOf(new SimulatedFileSystem({ disk }));
  }
  const compare = (found: string[] | undefined, differencesMax: number): void => {
    if (found === undefined || whole === undefined) return;
    const differing = whole.filter((entry, index) => entry !== found[index]).length;
    if (found.length !== whole.length || differing > differencesMax) {
      throw new Error('R2: other content was returned as good');
    }
  };
  if (!hasSums && db.length > LARGE_BYTES) return largePair(name, db, idx);
  return [
    {
      name: `${name}.db`,
      bytes: db,
      check: (changed, { kind }) => {
        const found = read(changed, idx);
        if (hasSums) compare(found, 0);
        else if (kind === 'flip') compare(found, 1);
      },
    },
    {
      name: `${name}.idx`,
      bytes: idx,
      check: (changed) => {
        const found = read(db, changed);
        if (hasSums) compare(found, 0);
      },
    },
  ];
}

/** Of the originals' large pair, which has no checksums, what opening reads, and some keys here and there. */
function largePair(name: string, db: Uint8Array, idx: Uint8Array): Subject[] {
  const keys = ['', 'a', 'k', 'user:', 'z', '\xff'].map((text) => Buffer.from(text, 'latin1'));
  const look = (values: Uint8Array, index: Uint8Array, look: (store: MmapStateStore) => void): void => {
    const disk = new SimulatedDisk();
    disk.lendFile(DB, values);
    disk.lendFile(IDX, index);
    orRefused(() => {
      const store = MmapStateStore.openReadOnly(DB, { fileSystem: new SimulatedFileSystem({ disk }) });
      try {
        look(store);
      } finally {
        store.close();
      }
    });
  };
  return [
    {
      name: `${name}.db`,
      bytes: db,
      check: (changed) => {
        look(changed, idx, (store) => void store.prefixScan(new Uint8Array(0)).next());
      },
    },
    {
      name: `${name}.idx`,
      bytes: idx,
      check: (changed) => {
        look(db, changed, (store) => {
          const cursor = store.entryCursor();
          for (const key of keys) if (cursor.seek(key)) cursor.next();
        });
      },
    },
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

/** An artifact of which one file is changed: refused, or it imports as the same fold. */
function artifactFile(path: string): Subject {
  const files = ['MANIFEST.json', 'data/fold.snap'];
  return {
    name: `artifact/${path}`,
    bytes: fixture(`artifact/${path}`),
    check: (changed) => {
      const disk = new SimulatedDisk();
      for (const file of files) {
        disk.lendFile(`/artifact/${file}`, file === path ? changed : fixture(`artifact/${file}`));
      }
      checkImport(disk, '/artifact');
    },
  };
}

function tar(): Subject {
  return {
    name: 'a tar of an artifact',
    bytes: goodTar,
    check: (changed) => {
      const disk = new SimulatedDisk();
      disk.lendFile('/artifact.tar', changed);
      checkImport(disk, '/artifact.tar');
    },
  };
}

function checkImport(disk: SimulatedDisk, path: string): void {
  const fileSystem = new SimulatedFileSystem({ disk });
  fileSystem.makeDirectory('/store');
  const store = orRefused(
    () => AppendLogSnapshot.import(path, '/store/new.snap', Infinity, { fileSystem }).store,
  );
  store?.close();
  if (store === undefined) {
    if (fileSystem.readDirectory('/store').length > 0) throw new Error('R5: a refused import left something');
  } else if (Buffer.compare(disk.fileBytes('/store/new.snap'), FOLD) !== 0) {
    throw new Error('R2: an artifact with another fold was taken');
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
