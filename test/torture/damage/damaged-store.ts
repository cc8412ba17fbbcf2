import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import type { Finding } from '../../../src/engine/finding.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import { filePrints } from '../../support/file-prints.js';
import { repairInto } from './log-damage.js';
import { damage, type DamageOperation } from './operations.js';
import { unsyncedFileSystem } from './unsynced-file-system.js';

const KEYS = 150;
const ROUNDS = 3;
const fileSystem = unsyncedFileSystem();

/** A state directory, and every value that each of its keys ever had. */
export interface DamagedStore {
  readonly root: string;
  readonly content: ReadonlyMap<string, string>;
  readonly history: ReadonlyMap<string, ReadonlySet<string>>;
  /** Its files, relative to it, but for those that hold nothing. */
  readonly files: readonly string[];
}

/** Two checkpoints and changes after them, on two cores. */
export async function newDamagedStore(root: string): Promise<DamagedStore> {
  StateDirectory.create(root, { cores: 2, fileSystem });
  const store = await StateDirectory.open(root, { fileSystem });
  const content = new Map<string, string>();
  const history = new Map<string, Set<string>>();
  for (let round = 1; round <= ROUNDS; round++) {
    for (let number = 0; number < KEYS; number += round) {
      const key = `key-${String(number).padStart(4, '0')}`;
      if (round > 1 && number % 12 === 0) {
        store.delete(Buffer.from(key));
        content.delete(key);
      } else {
        const value = `round ${round} of ${number} `.repeat(number % 9);
        store.put(Buffer.from(key), Buffer.from(value));
        content.set(key, value);
        history.set(key, (history.get(key) ?? new Set()).add(value));
      }
      if (number % 20 === 0) await store.sync();
    }
    await store.commit(new Map([['source', BigInt(round)]]));
    if (round < ROUNDS) await store.checkpoint();
  }
  store.close();
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter((file) => file !== 'LOCK' && file !== 'CLOSED')
    .sort();
  return { root, content, history, files };
}

/** What a state directory holds. */
export function storeContent(root: string): Map<string, string> {
  const store = StateDirectory.openReadOnly(root, { fileSystem });
  const content = new Map<string, string>();
  for (const { key, value } of store.scan()) {
    content.set(Buffer.from(key).toString(), Buffer.from(value).toString());
  }
  store.close();
  return content;
}

/**
 * Damages one file of a copy of the store, and repairs it into a new place.
 * @returns what was done, in words
 * @throws Error where a promise is broken, with the same words
 */
export async function checkStoreDamage(
  store: DamagedStore,
  operation: DamageOperation,
  random: SeededRandom,
  folder: string,
): Promise<string> {
  const file = store.files[random.below(store.files.length)]!;
  const copy = path.join(folder, 'copy');
  cpSync(store.root, copy, { recursive: true });
  const place = path.join(copy, file);
  const original = new Uint8Array(readFileSync(place));
  const damaged = damage(original, [{ offset: 0, length: 8, lengthAt: 0 }], operation, random);
  const what = `${file}: ${damaged.what}`;
  if (original.length === 0 || Buffer.compare(original, damaged.bytes) === 0) return `${what}: nothing`;
  writeFileSync(place, damaged.bytes);
  const before = JSON.stringify(filePrints(copy), (_, value: unknown) => String(value));
  try {
    const findings = [...verifyPath(fileSystem, copy, { quick: false })];
    const into = path.join(folder, 'new');
    const { events, summary } = await repairInto(copy, into);
    const named = new Set(
      events.flatMap((event) => ('lostKey' in event ? [Buffer.from(event.lostKey.key).toString()] : [])),
    );
    const lost = checkContent(store, storeContent(into), named);
    // A log that ends between two records may always have ended there.
    const isToldOf = events.length > 0 || operation === 'cut';
    if (lost > 0 && !isToldOf) throw new Error(`R5: ${lost} keys have another value, and nothing is said`);
    checkSaid(findings, events.length > 0, summary.lost.keys + summary.lost.records);
    const wrong = [...verifyPath(fileSystem, into, { quick: false })].find(
      ({ severity }) => severity !== 'notice',
    );
    if (wrong !== undefined) throw new Error(`the new store is not whole: ${wrong.message}`);
    const after = JSON.stringify(filePrints(copy), (_, value: unknown) => String(value));
    if (after !== before) throw new Error('R4: the source was changed');
  } catch (error) {
    const code = isStatelogError(error) ? `${error.code} ` : '';
    throw new Error(`${what}: ${code}${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  return what;
}

/** How many keys have another value than before, or none, or are there again, and are not named. */
function checkContent(
  { content, history }: DamagedStore,
  kept: ReadonlyMap<string, string>,
  named: ReadonlySet<string>,
): number {
  for (const [key, value] of kept) {
    if (history.get(key)?.has(value) !== true) throw new Error(`R2: ${key} has a value that it never had`);
  }
  let unnamed = 0;
  for (const [key, value] of content) if (kept.get(key) !== value && !named.has(key)) unnamed += 1;
  for (const key of kept.keys()) if (!content.has(key) && !named.has(key)) unnamed += 1;
  return unnamed;
}

/** Whatever was lost was told of, by verify too. */
function checkSaid(findings: readonly Finding[], isTold: boolean, lost: number): void {
  if (lost > 0 && !isTold) throw new Error('R5: something was lost, and nothing was said');
  if (lost > 0 && findings.every(({ severity }) => severity === 'notice')) {
    throw new Error('R5: something was lost, and verify says that all is well');
  }
}
