import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { throwFault } from '../../../src/engine/artifact/format/artifact-check.js';
import { locateArtifact, openArtifact } from '../../../src/engine/artifact/read/open-artifact.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { fixturePath } from '../../support/fixtures.js';
import { repairInto } from './log-damage.js';
import { damage, type DamageOperation } from './operations.js';
import { unsyncedFileSystem } from './unsynced-file-system.js';

const fileSystem = unsyncedFileSystem();

/** An artifact, and the file of it that is damaged. */
export interface DamagedArtifact {
  readonly path: string;
  /** Relative to it; empty for a tar. */
  readonly file: string;
  /** What stands in it as long as anything of its payload is to be found. */
  readonly sign: string;
}

/** Those of the original program, and our own of a state directory: each a folder and a tar. */
export async function damagedArtifacts(folder: string): Promise<DamagedArtifact[]> {
  const tar = 'bucket/artifacts/edge/orders.payloads/00000000000005a5-3230b8366697f863.tar';
  const ownFolder = await exported(folder, 'folder');
  return [
    { path: fixturePath('artifact'), file: 'data/fold.snap', sign: 'PGSS' },
    { path: fixturePath(tar), file: '', sign: 'PGSS' },
    { path: ownFolder, file: 'data/state-0.db', sign: '' },
    { path: ownFolder, file: 'data/state-1.idx', sign: '' },
    { path: await exported(folder, 'tar'), file: '', sign: 'RANIMAL' },
  ];
}

/** A state directory's artifact. */
export async function exported(folder: string, form: 'folder' | 'tar'): Promise<string> {
  const root = path.join(folder, `store-for-${form}`);
  StateDirectory.create(root, { cores: 2, fileSystem });
  const store = await StateDirectory.open(root, { fileSystem });
  for (let number = 0; number < 300; number++) {
    store.put(Buffer.from(`key ${number}`), Buffer.from(`value ${number} `.repeat(number % 40)));
  }
  await store.commit(new Map([['source', 7n]]));
  await store.checkpoint();
  store.close();
  const artifact = path.join(folder, form === 'tar' ? 'out.tar' : 'out');
  const prepared = prepareExport({ fileSystem, source: root, scratchBeside: artifact, createdAtUnix: 1 });
  prepared.writeTo(artifact, form);
  prepared.close();
  return artifact;
}

function contentOf(artifact: string): Map<string, string> {
  const store = openArtifact(fileSystem, artifact);
  const content = new Map<string, string>();
  for (const { key, value } of store.entries()) {
    content.set(Buffer.from(key).toString(), Buffer.from(value).toString('latin1'));
  }
  store.close();
  return content;
}

/**
 * Damages a copy of an artifact, and repairs it into a new place, which is opened: so it is whole.
 * @returns what was done, in words
 * @throws Error where a promise is broken, with the same words
 */
export async function checkArtifactDamage(
  { path: whole, file, sign }: DamagedArtifact,
  operation: DamageOperation,
  random: SeededRandom,
  folder: string,
): Promise<string> {
  const original = contentOf(whole);
  const copy = path.join(folder, path.basename(whole));
  cpSync(whole, copy, { recursive: true });
  const place = path.join(copy, file);
  const bytes = new Uint8Array(readFileSync(place));
  const damaged = damage(bytes, [{ offset: 0, length: 6, lengthAt: 2 }], operation, random);
  const { what } = damaged;
  // Any number of zeros may follow a tar.
  if (withoutLastZeros(bytes) === withoutLastZeros(damaged.bytes)) return `${what}: nothing`;
  writeFileSync(place, damaged.bytes);
  const before = statSync(place, { bigint: true }).mtimeNs;
  try {
    checkVerified(whole, copy);
    const into = path.join(folder, 'new');
    const { summary } = await repairInto(copy, into);
    const kept = contentOf(into);
    for (const [key, value] of kept) {
      if (original.get(key) !== value) throw new Error(`R2: ${key} has a value that it never had`);
    }
    if (summary.kept.keys !== kept.size) throw new Error('kept keys were miscounted');
    const isTold = summary.gaps + summary.torn > 0;
    if (kept.size < original.size && !isTold) throw new Error('R5: keys are gone, and nothing is said');
    if (statSync(place, { bigint: true }).mtimeNs !== before) throw new Error('R4: the source was touched');
  } catch (error) {
    if (error instanceof Error && !Buffer.from(damaged.bytes).includes(sign)) return what;
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return what;
}

function withoutLastZeros(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1)).toString('latin1');
}

/**
 * The digests tell of every change but those of the manifest itself, which has none: that it names another
 * backend is a notice, and only of when it was made nothing can be told.
 */
function checkVerified(whole: string, copy: string): void {
  const findings = [...verifyPath(fileSystem, copy, { quick: false })];
  if (findings.some(({ severity, class: kind }) => severity === 'damage' || kind === 'unchecked')) return;
  if (manifestButTime(copy) !== manifestButTime(whole)) throw new Error('R5: verify says that all is well');
}

function manifestButTime(artifact: string): string {
  const manifest = locateArtifact(fileSystem, artifact, throwFault(artifact)).manifest!;
  return JSON.stringify({ ...manifest, createdAtUnix: 0 });
}
