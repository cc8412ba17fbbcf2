import { APPEND_LOG_BACKEND } from '../../../src/engine/artifact/backends/append-log-artifact.js';
import { checkArtifact } from '../../../src/engine/artifact/read/stage-artifact.js';
import { ContentDigest } from '../../../src/engine/bytes/hash/content-digest.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { buildDirectoryStore, buildFoldLog } from '../../../src/engine/transfer/build-store.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';
import { importStore } from '../../../src/engine/transfer/import-store.js';

const ENTRIES = Array.from({ length: 12 }, (_, index) => ({
  key: Buffer.from(`key ${String(index).padStart(3, '0')}`),
  value: Buffer.alloc(index * 50, index),
}));
const TIGHT = '/from/tight';
const CHANGED = '/from/changed';
const LOG = '/from/log.snap';
const OUT = '/out/artifact';
const STORE = '/new/store';

/** Something that makes an artifact, or a store of one. */
export interface TransferWork {
  readonly run: (fileSystem: FileSystem) => void | Promise<void>;
  /** Throws unless what is at the destination is whole; false if nothing is there. */
  readonly check: (fileSystem: FileSystem) => boolean;
}

/** A disk with a store of each kind, and an artifact of each of them. */
export async function transferDisk(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  for (const folder of ['/from', '/out', '/new']) disk.plantFile(`${folder}/neighbour`, Uint8Array.of(1));
  const made = new SimulatedFileSystem({ disk });
  const forEachEntry = (visit: (key: Uint8Array, value: Uint8Array) => void): void => {
    for (const { key, value } of ENTRIES) visit(key, value);
  };
  buildDirectoryStore(made, TIGHT, { forEachEntry, cores: 2 });
  buildDirectoryStore(made, CHANGED, { forEachEntry });
  const store = await StateDirectory.open(CHANGED, { fileSystem: made });
  store.put(ENTRIES[3]!.key, Buffer.from('another'));
  await store.sync();
  store.put(ENTRIES[3]!.key, ENTRIES[3]!.value);
  await store.sync();
  store.close();
  buildFoldLog(made, LOG, { forEachEntry, cursor: Uint8Array.of(9) });
  for (const [source, artifact] of [
    [TIGHT, '/from/state-artifact'],
    [LOG, '/from/fold-artifact'],
  ] as const) {
    exportTo(made, source, artifact);
  }
  return disk;
}

function exportTo(fileSystem: FileSystem, source: string, destination: string): void {
  const prepared = prepareExport({ fileSystem, source, createdAtUnix: 1, scratchBeside: destination });
  try {
    prepared.writeTo(destination, 'folder');
  } finally {
    prepared.close();
  }
}

function checkExport(fileSystem: FileSystem): boolean {
  if (fileSystem.status(OUT) === undefined) return false;
  const findings: unknown[] = [];
  checkArtifact(fileSystem, OUT, (finding) => findings.push(finding));
  if (findings.length > 0) throw new Error(JSON.stringify(findings));
  return hasContent(fileSystem, OUT);
}

function hasContent(fileSystem: FileSystem, place: string): boolean {
  if (fileSystem.status(place) === undefined) return false;
  const store = openReadable(place, { fileSystem });
  try {
    const digest = new ContentDigest();
    store.forEachEntry((key, value) => {
      digest.add(key, value);
    });
    const wanted = new ContentDigest();
    for (const { key, value } of ENTRIES) wanted.add(key, value);
    if (digest.hex() !== wanted.hex()) throw new Error(`${place} holds another content`);
    return true;
  } finally {
    store.close();
  }
}

const exportOf = (source: string): TransferWork => ({
  run: (fileSystem) => {
    exportTo(fileSystem, source, OUT);
  },
  check: checkExport,
});

const importOf = (
  source: string,
  options: Partial<Parameters<typeof importStore>[0]> = {},
): TransferWork => ({
  run: async (fileSystem) => {
    await importStore({ fileSystem, source, destination: STORE, ...options });
  },
  check: (fileSystem) => hasContent(fileSystem, STORE),
});

export const TRANSFER_WORKS: Readonly<Record<string, TransferWork>> = {
  'an export of a checkpoint as it lies': exportOf(TIGHT),
  'an export of a checkpoint with changes': exportOf(CHANGED),
  'an export of a fold log': exportOf(LOG),
  'an import of a state artifact': importOf('/from/state-artifact'),
  'an import of a state artifact into another number of cores': importOf('/from/state-artifact', {
    cores: 1,
  }),
  'an import of a state directory as a fold log': importOf(TIGHT, { kind: 'log' }),
  [`an import of an ${APPEND_LOG_BACKEND} artifact`]: importOf('/from/fold-artifact'),
};
