import { isStatelogError } from '../../../src/engine/errors.js';
import { DirectoryLayout } from '../../../src/engine/directory/manifest/layout.js';
import { findLeftovers } from '../../../src/engine/directory/leftovers/leftovers.js';
import { readManifest } from '../../../src/engine/directory/manifest/manifest-file.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { verifyPath } from '../../../src/engine/inspect/verify/verify-path.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import {
  SimulatedCrash,
  SimulatedDisk,
  SimulatedFileSystem,
  crashAt,
  failAt,
  type FaultPlan,
} from '../../simulated-disk/index.js';
import { contentOf, emptyStoreDisk, STORE } from '../../torture/crash/directory-book.js';
import { STEP_BY_STEP } from '../../torture/crash/directory-workloads.js';

import type { ExecutionContext } from 'ava';
export const ROUNDS = 60;
export const bytes = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

/** Puts, deletes and commits, each on disk before the next. @returns the content after each, and how many came that far */
export async function work(
  store: StateDirectory,
  contents: Map<string, string>[],
  rounds = ROUNDS,
  afterEach = (): void => undefined,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const content = new Map(contents.at(-1));
    const key = `key ${round % 7}`;
    if (round % 9 === 4) content.delete(key);
    else content.set(key, `${round}`);
    contents.push(content);
    if (round % 9 === 4) store.delete(bytes(key));
    else store.put(bytes(key), bytes(`${round}`));
    if (round % 8 === 3) await store.commit(new Map([['lines', BigInt(round)]]));
    else await store.sync();
    afterEach();
  }
}

export function openStepByStep(
  fileSystem: FileSystem,
  onWarning?: (error: unknown) => void,
): Promise<StateDirectory> {
  return StateDirectory.open(STORE, { fileSystem, pace: STEP_BY_STEP, onWarning });
}

export const sorted = (content: ReadonlyMap<string, string>): string[] => [...content].map(String).sort();

export function damageIn(fileSystem: FileSystem): string[] {
  return [...verifyPath(fileSystem, STORE, { quick: false })]
    .filter(({ severity }) => severity !== 'notice')
    .map(({ class: kind, file, message }) => `${kind} ${file}: ${message}`);
}

/**
 * Ends the process at moments of a workload that makes checkpoints, so many steps apart: no damage is left, and nothing that
 * was acknowledged is lost.
 * @returns at how many of them copies lay beside the log
 */
export async function crashAtMoments(t: ExecutionContext, apart: number): Promise<number> {
  let withCopies = 0;
  for (let moment = 0; ; moment += apart) {
    const disk = emptyStoreDisk(new SimulatedDisk(), 2);
    const fileSystem = new SimulatedFileSystem({ disk, plan: crashAt(moment) });
    const contents = [new Map<string, string>()];
    let acknowledged = 0;
    try {
      const store = await openStepByStep(fileSystem);
      await work(store, contents, 34, () => {
        acknowledged = contents.length - 1;
      });
      break;
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
    }
    const after = new SimulatedFileSystem({ disk, pid: 2000 });
    const layout = new DirectoryLayout(STORE);
    const leftovers = findLeftovers(after, layout, readManifest(after, layout), () => true);
    t.false(
      leftovers.some(({ isNewer }) => isNewer),
      `moment ${moment}`,
    );
    const hasCopies = leftovers.some(
      ({ kind, path }) =>
        kind === 'wal' && [0, 1].some((core) => (after.status(`${path}/wal-${core}.log`)?.size ?? 0) > 0),
    );
    if (hasCopies) withCopies += 1;
    t.deepEqual(
      damageIn(after).filter((finding) => !finding.startsWith('torn')),
      [],
      `moment ${moment}`,
    );
    const store = await StateDirectory.open(STORE, { fileSystem: after });
    const found = sorted(contentOf(store)).join();
    t.true(
      contents.slice(acknowledged).some((content) => sorted(content).join() === found),
      `moment ${moment}: ${found}`,
    );
    store.close();
    t.deepEqual(after.openPaths, []);
  }
  return withCopies;
}

/**
 * Lets calls that change something fail, so many apart: what was acknowledged stays, and the store goes on or says why.
 * @returns how many checkpoints were given up
 */
export async function failAtCalls(t: ExecutionContext, errno: string, apart: number): Promise<number> {
  let abandoned = 0;
  for (let fault = 0, isOver = false; !isOver; fault += apart) {
    const disk = emptyStoreDisk(new SimulatedDisk(), 1);
    const plan: FaultPlan = (operation) => (operation.mutating ? failAt(fault, errno)(operation) : undefined);
    const fileSystem = new SimulatedFileSystem({ disk, plan });
    const contents = [new Map<string, string>()];
    const warnings: unknown[] = [];
    let acknowledged = 0;
    let store: StateDirectory | undefined;
    try {
      store = await openStepByStep(fileSystem, (error) => warnings.push(error));
      await work(store, contents, 45, () => {
        acknowledged = contents.length - 1;
      });
      if (warnings.length > 0) {
        abandoned += 1;
        t.deepEqual(sorted(contentOf(store)), sorted(contents.at(-1)!), `fault ${fault}`);
      }
    } catch (error) {
      if (!isStatelogError(error)) throw error;
    }
    store?.close();
    t.deepEqual(fileSystem.openPaths, [], `fault ${fault}`);
    isOver = fileSystem.operationCount <= fault;
    const after = new SimulatedFileSystem({ disk, pid: 2000 });
    const next = await StateDirectory.open(STORE, { fileSystem: after });
    const found = sorted(contentOf(next)).join();
    t.true(
      contents.slice(acknowledged).some((content) => sorted(content).join() === found),
      `fault ${fault}: ${found}`,
    );
    next.close();
  }
  return abandoned;
}
