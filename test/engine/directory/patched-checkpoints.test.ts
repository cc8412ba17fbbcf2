import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { DirectoryLayout } from '../../../src/engine/directory/manifest/layout.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import { isAsWrittenWhole } from '../../../src/engine/state/format/index-size.js';
import { openStateFile } from '../../../src/engine/state/read/state-file-open.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { isOriginalThere, ORIGINAL, readByOriginal } from '../wal/original-harness.js';
import { contentOf, emptyStoreDisk, STORE } from '../../torture/crash/directory-book.js';

/* Under few changes the index of the checkpoint before is patched: what they do not concern is copied as it lies. */

const KEYS = 700;
const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
const keyOf = (number: number): string => `key ${String(number).padStart(6, '0')}`;

type Changes = readonly { readonly key: string; readonly value: string | undefined }[];

async function filledStore(
  cores: number,
): Promise<{ fileSystem: SimulatedFileSystem; content: Map<string, string> }> {
  const fileSystem = new SimulatedFileSystem({ disk: emptyStoreDisk(new SimulatedDisk(), cores) });
  const content = new Map<string, string>();
  for (let number = 0; number < KEYS; number++) content.set(keyOf(10 * number), `value ${number}`);
  await checkpointWith(
    fileSystem,
    [...content].map(([key, value]) => ({ key, value })),
  );
  return { fileSystem, content };
}

/** Makes changes and a checkpoint; what a writer and then a reader of the store see of it. */
async function checkpointWith(
  fileSystem: FileSystem,
  changes: Changes,
): Promise<readonly (readonly string[])[]> {
  const store = await StateDirectory.open(STORE, { fileSystem });
  for (const { key, value } of changes) {
    if (value === undefined) store.delete(bytes(key));
    else store.put(bytes(key), bytes(value));
  }
  await store.sync();
  await store.checkpoint();
  const seen = [sorted(contentOf(store))];
  store.close();
  const reader = StateDirectory.openReadOnly(STORE, { fileSystem });
  seen.push(sorted(contentOf(reader)));
  for (const { key, value } of changes) {
    const found = reader.get(bytes(key));
    const isAsPut = value === undefined ? found === undefined : Buffer.compare(found!, bytes(value)) === 0;
    if (!isAsPut) throw new Error(`${key} is not found as it was put`);
  }
  reader.close();
  return seen;
}

const sorted = (content: ReadonlyMap<string, string>): string[] => [...content].map(String).sort();

function findingsIn(fileSystem: FileSystem): string[] {
  return [...verifyPath(fileSystem, STORE, { quick: false })].map(
    ({ class: kind, message }) => `${kind}: ${message}`,
  );
}

/** True for each core whose newest index was patched by keys that came or went. */
function reshaped(fileSystem: FileSystem, cores: number, root = STORE): boolean[] {
  const layout = new DirectoryLayout(root);
  const reader = StateDirectory.openReadOnly(root, { fileSystem });
  const { epoch } = reader.manifest.checkpoints.at(-1)!;
  reader.close();
  return Array.from({ length: cores }, (_, core) => {
    const file = openStateFile(fileSystem, layout.stateFile(epoch, core));
    const { measure } = file;
    file.close();
    return !isAsWrittenWhole(measure);
  });
}

needing(
  test,
  ORIGINAL,
  isOriginalThere,
)('LaminarDB reads an index that was patched', async (t) => {
  const folder = tempDir(t);
  const root = path.join(folder, 'store');
  StateDirectory.create(root);
  const store = await StateDirectory.open(root);
  const content = new Map<string, string>();
  for (let number = 0; number < 3000; number++) content.set(keyOf(10 * number), `value ${number}`);
  for (const [key, value] of content) store.put(bytes(key), bytes(value));
  await store.checkpoint();
  for (let round = 1; round < 5; round++) {
    for (let index = 0; index < 150; index++) {
      const key = keyOf((index * 7919 * round) % 30_000);
      if (index % 5 === 0) {
        store.delete(bytes(key));
        content.delete(key);
      } else {
        store.put(bytes(key), bytes(`round ${round}`));
        content.set(key, `round ${round}`);
      }
    }
    await store.sync();
    await store.checkpoint();
  }
  const { epoch } = store.manifest.checkpoints.at(-1)!;
  store.close();
  t.deepEqual(reshaped(realFileSystem(), 1, root), [true]);
  const [, ...entries] = readByOriginal('state', new DirectoryLayout(root).stateFile(epoch, 0));
  const text = (hex: unknown): string => Buffer.from(String(hex), 'hex').toString();
  t.deepEqual(entries.map(({ key, value }) => `${text(key)},${text(value)}`).sort(), sorted(content));
});

const change = fc.record({
  number: fc.oneof(
    { weight: 3, arbitrary: fc.nat(KEYS - 1).map((n) => 10 * n) },
    { weight: 2, arbitrary: fc.nat(12 * KEYS) },
  ),
  value: fc.option(fc.string({ maxLength: 30 }), { nil: undefined, freq: 4 }),
});

for (const cores of [1, 2]) {
  test(`a store whose indexes are patched time and again holds what it was given, ${cores} cores`, async (t) => {
    let patched = 0;
    const rounds = fc.array(fc.array(change, { minLength: 1, maxLength: 14 }), {
      minLength: 1,
      maxLength: 6,
    });
    const property = fc.asyncProperty(rounds, async (drawn) => {
      const { fileSystem, content } = await filledStore(cores);
      for (const round of drawn) {
        const changes = round.map(({ number, value }) => ({ key: keyOf(number), value }));
        const last = new Map(changes.map(({ key, value }) => [key, value]));
        for (const [key, value] of last) {
          if (value === undefined) content.delete(key);
          else content.set(key, value);
        }
        const seen = await checkpointWith(
          fileSystem,
          [...last].map(([key, value]) => ({ key, value })),
        );
        for (const one of seen) t.deepEqual(one, sorted(content));
        t.deepEqual(findingsIn(fileSystem), []);
        if (reshaped(fileSystem, cores).includes(true)) patched++;
      }
    });
    await fc.assert(property, { numRuns: 40 });
    t.true(patched > 20, `${patched} patched`);
  });
}
