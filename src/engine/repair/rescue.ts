import { DirectoryLayout } from '../directory/manifest/layout.js';
import { readManifest } from '../directory/manifest/manifest-file.js';
import { isStatelogError } from '../errors.js';
import { compareStores, type KeyOutcome } from '../inspect/compare-stores.js';
import { identify } from '../inspect/identify.js';
import { openReadable } from '../inspect/open.js';
import { rescuedPlaceFor } from '../bytes/text/command-hints.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import { anchoredSource } from '../storage-io/views/anchored-file-system.js';
import { readingOnFileSystem } from '../storage-io/views/reading-on-file-system.js';
import type { RepairEvent, RepairSummary } from './account/report.js';
import { isAmiss } from './amiss.js';
import { openMade } from './open-made.js';
import { repairPath } from './repair-path.js';
import { freePlace } from './free-place.js';
import { attempt, evidenceOf, surveyFolder, type Evidence } from './survey/evidence.js';

/** The path to rescue, and the way to do it. */
export interface RescueRequest {
  readonly fileSystem?: FileSystem | undefined;
  readonly path: string;
  /** The new place; default: a free name beside the path. */
  readonly into?: string | undefined;
  /** Anything that may hold the same: what came out is held against it. */
  readonly backups?: readonly string[] | undefined;
}

/** How what was rescued differs from something that was there before. */
export interface Comparison {
  readonly with: string;
  /** The epoch of the checkpoint that stands for a state directory whose log cannot be read to its end; absent for all else. */
  readonly at?: string | undefined;
  /** Keys: only in the other, only in what was rescued, with another value, the same. Undefined where the other cannot be read. */
  readonly counts: Readonly<Record<KeyOutcome, number>> | undefined;
  /** Why it could not be compared. */
  readonly error: string | undefined;
}

/** An event of a rescue under way. */
export type RescueEvent = RepairEvent | { readonly evidence: Evidence } | { readonly comparison: Comparison };

/** The result of a rescue. */
export interface RescueSummary {
  /** True where nothing was wrong: nothing was made then. */
  readonly isSound: boolean;
  readonly repair: RepairSummary;
}

/**
 * The whole way from something that may be damaged to something that works: what is there, by what each file says of itself; what
 * is wrong with it; a repair into a new place; how that differs from what still reads of the old, and from backups. The
 * path itself is only read. Nothing is made where nothing is wrong.
 * @throws StatelogError what `repairPath` throws
 */
export async function* rescuePath(request: RescueRequest): AsyncGenerator<RescueEvent, RescueSummary> {
  const { path, backups = [] } = request;
  const fileSystem = request.fileSystem ?? realFileSystem();
  const source = readingOnFileSystem(anchoredSource(fileSystem, path));
  for (const evidence of survey(source, path)) yield { evidence };
  const into = request.into ?? freePlace(fileSystem, (attempt) => rescuedPlaceFor(path, attempt));
  const trial = repairPath({ fileSystem, path, into, dryRun: true });
  let isSound = true;
  let step = await trial.next();
  for (; step.done !== true; step = await trial.next()) {
    if (isAmiss(step.value)) isSound = false;
    yield step.value;
  }
  if (isSound) return { isSound, repair: { ...step.value, into: null } };
  const repair = await quietly(repairPath({ fileSystem, path, into }));
  for (const other of [path, ...backups]) yield { comparison: compared(fileSystem, other, repair, into) };
  return { isSound: false, repair };
}

/** Surveys a path: of a folder everything below it. */
function survey(fileSystem: FileSystem, path: string): Evidence[] {
  const status = fileSystem.statusFollowing(path);
  if (status === undefined || status.kind === 'directory')
    return surveyFolder(fileSystem, path, { isDeep: true });
  return [attempt(() => evidenceOf(fileSystem, path, status))].flatMap((one) => one ?? []);
}

async function quietly(steps: AsyncGenerator<RepairEvent, RepairSummary>): Promise<RepairSummary> {
  let step = await steps.next();
  while (step.done !== true) step = await steps.next();
  return step.value;
}

function compared(fileSystem: FileSystem, other: string, { kind }: RepairSummary, into: string): Comparison {
  const counts: Record<KeyOutcome, number> = { same: 0, added: 0, removed: 0, changed: 0 };
  try {
    const at = newestReadable(fileSystem, other);
    const before = openReadable(other, { fileSystem, at });
    try {
      const after = openMade(fileSystem, into, kind);
      try {
        for (const { outcome } of compareStores(before, after)) counts[outcome] += 1;
      } finally {
        after.close();
      }
      return { with: other, at: at?.toString(), counts, error: undefined };
    } finally {
      before.close();
    }
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return { with: other, counts: undefined, error: error.message };
  }
}

/** The epoch of a directory's newest checkpoint that can be read, where what came after it cannot; undefined where all can. */
function newestReadable(fileSystem: FileSystem, path: string): bigint | undefined {
  if (attempt(() => identify(fileSystem, path))?.kind !== 'directory' || opens(fileSystem, path))
    return undefined;
  const manifest = attempt(() => readManifest(fileSystem, new DirectoryLayout(path)));
  const epochs = manifest?.checkpoints.map(({ epoch }) => epoch) ?? [];
  return epochs.reverse().find((at) => opens(fileSystem, path, at));
}

function opens(fileSystem: FileSystem, path: string, at?: bigint): boolean {
  const isOpened = attempt(() => {
    openReadable(path, { fileSystem, at }).close();
    return true;
  });
  return isOpened === true;
}
