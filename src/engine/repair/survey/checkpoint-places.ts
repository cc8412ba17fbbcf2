import { basename, dirname, join } from 'node:path';
import { equalBytes } from '../../bytes/compare.js';
import type { DirectoryLayout } from '../../directory/manifest/layout.js';
import { epochOfName } from '../../directory/manifest/layout.js';
import type { DirectoryManifest } from '../../directory/manifest/manifest.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { namesIn } from '../../storage-io/views/names-in.js';
import { valuesFit } from '../state/fitting-index.js';
import type { ArrangementBuilder } from './arrangement.js';
import { StatelogError } from '../../errors.js';
import { attempt, isPassedOver, type Evidence, type IndexEvidence, type ValuesEvidence } from './evidence.js';
import { foreignIndex, pairElsewhere } from './run-findings.js';

const PAIR_NAME = /^state-(0|[1-9]\d{0,4})\.(db|idx)$/;

/** The facts by which the files of checkpoints are placed. */
export interface CheckpointScope {
  readonly fileSystem: FileSystem;
  readonly layout: DirectoryLayout;
  readonly evidence: readonly Evidence[];
  readonly manifest: DirectoryManifest | undefined;
  readonly storeId: Uint8Array | undefined;
  /** Files that are passed over, by `FileStatus.identity`. */
  readonly without: ReadonlySet<string>;
  /** The epoch of the newest checkpoint that is used; undefined: any. */
  readonly baseCheckpoint: bigint | undefined;
}

/**
 * Places indexes by what they say of themselves, and values by the index that names them: of each epoch and core the pair that lies in its
 * place, if that is the one, else another that says so. What lies in a place and says nothing stays there.
 */
export function placeCheckpoints(scope: CheckpointScope, builder: ArrangementBuilder): void {
  const { layout, fileSystem } = scope;
  const indexes = scope.evidence.filter((one): one is IndexEvidence => one.kind === 'index');
  const places = new Map<string, { readonly epoch: bigint; readonly coreId: number }>();
  const enter = (epoch: bigint, coreId: number): void => {
    places.set(`${epoch}/${coreId}`, { epoch, coreId });
  };
  for (const epoch of epochsThere(scope)) {
    for (const name of namesIn(fileSystem, layout.checkpoint(epoch))) {
      const core = PAIR_NAME.exec(name)?.[1];
      if (core !== undefined) enter(epoch, Number(core));
    }
  }
  for (const entry of scope.manifest?.checkpoints ?? []) {
    for (const coreId of entry.cores.keys()) enter(entry.epoch, coreId);
  }
  for (const { block } of indexes.filter((one) => isOfStore(one, scope))) {
    if (isNewOrKnown(block.epoch, scope)) enter(block.epoch, block.coreId);
  }
  const { baseCheckpoint } = scope;
  const isThere = [...places.values()].some(({ epoch }) => epoch === baseCheckpoint);
  if (baseCheckpoint !== undefined && !isThere) throw noSuchCheckpoint(layout.root, baseCheckpoint);
  for (const { epoch, coreId } of places.values()) {
    if (baseCheckpoint === undefined || epoch <= baseCheckpoint) placePair(scope, builder, epoch, coreId);
    else for (const path of pathsOf(layout, epoch, coreId)) builder.leaveOut(path);
  }
}

function pathsOf(layout: DirectoryLayout, epoch: bigint, coreId: number): string[] {
  return [layout.stateFile(epoch, coreId), layout.indexFile(epoch, coreId)];
}

function noSuchCheckpoint(path: string, epoch: bigint): StatelogError {
  return new StatelogError('EPOCH_NOT_FOUND', `there is no checkpoint of epoch ${epoch}`, {
    path,
    safe: 'nothing was changed',
    hint: 'name one that stat shows',
  });
}

function placePair(scope: CheckpointScope, builder: ArrangementBuilder, epoch: bigint, coreId: number): void {
  const { layout, fileSystem } = scope;
  const [statePath, indexPath] = [layout.stateFile(epoch, coreId), layout.indexFile(epoch, coreId)];
  const index = indexFor(scope, epoch, coreId, indexPath);
  if (index === undefined) {
    const own = scope.evidence.find(
      (one): one is IndexEvidence => one.kind === 'index' && one.path === indexPath,
    );
    // Nothing says better what should be here.
    if (own === undefined || (isOfStore(own, scope) && !isCopyOfAnother(own, epoch, scope))) {
      for (const path of [indexPath, statePath]) {
        if (isPassedOver(fileSystem, path, scope.without)) builder.leaveOut(path);
        else builder.keep(path);
      }
      return;
    }
    if (!isOfStore(own, scope)) builder.findings.push(foreignIndex(own));
    builder.leaveOut(indexPath);
    builder.leaveOut(statePath);
    return;
  }
  if (index.path !== indexPath) builder.findings.push(pairElsewhere(index, indexPath));
  builder.placeFile(indexPath, index.path, index.status);
  const values = valuesFor(scope, index, statePath);
  const status = values === undefined ? undefined : fileSystem.statusFollowing(values.path);
  if (values === undefined || status === undefined || values.path === statePath) {
    builder.keep(statePath);
    return;
  }
  builder.findings.push(pairElsewhere(values, statePath));
  builder.placeFile(statePath, values.path, status);
}

/** The index of an epoch and core: that in its place first, then that with the most values. */
function indexFor(
  scope: CheckpointScope,
  epoch: bigint,
  coreId: number,
  path: string,
): IndexEvidence | undefined {
  const fitting = scope.evidence.filter(
    (one): one is IndexEvidence =>
      one.kind === 'index' &&
      one.block.epoch === epoch &&
      one.block.coreId === coreId &&
      isOfStore(one, scope),
  );
  const inPlace = fitting.find((one) => one.path === path);
  const [first, ...rest] = fitting;
  if (inPlace !== undefined || first === undefined) return inPlace;
  return rest.reduce((best, one) => (one.block.valueLength > best.block.valueLength ? one : best), first);
}

/** The values that an index names: in their place first, then beside the index, then anywhere. */
function valuesFor(
  { fileSystem, evidence }: CheckpointScope,
  index: IndexEvidence,
  path: string,
): ValuesEvidence | undefined {
  const beside = join(dirname(index.path), basename(index.path).replace(/\.idx/, '.db'));
  const all = evidence.filter((one): one is ValuesEvidence => one.kind === 'values');
  const rank = (one: ValuesEvidence): number => (one.path === path ? 0 : one.path === beside ? 1 : 2);
  const { valuePageSums, valueLength, generation } = index.block;
  const sums = { values: valuePageSums, valueLength, generation };
  const fits = (one: ValuesEvidence, bySumsAlone: boolean): boolean =>
    attempt(() => valuesFit(fileSystem, one.path, sums, { bySumsAlone })) === true;
  const sorted = [...all].sort((a, b) => rank(a) - rank(b));
  // A page that is there with its sum says more than a generation, which the files of all cores share.
  return sorted.find((one) => fits(one, true)) ?? sorted.find((one) => fits(one, false));
}

function isOfStore({ block }: IndexEvidence, { storeId }: CheckpointScope): boolean {
  return storeId !== undefined && equalBytes(block.storeId, storeId);
}

/** Whether an index of another epoch lies in the folder of one that nothing else speaks of: a checkpoint was copied, or renamed. */
function isCopyOfAnother(
  { block }: IndexEvidence,
  epoch: bigint,
  { manifest, evidence }: CheckpointScope,
): boolean {
  if (block.epoch === epoch || manifest?.checkpoints.some((one) => one.epoch === epoch) === true)
    return false;
  return !evidence.some((one) => one.kind === 'segment' && one.runs.some((run) => run.epoch > epoch));
}

/** A copy of a checkpoint that is kept no longer is no part of the store. */
function isNewOrKnown(epoch: bigint, scope: CheckpointScope): boolean {
  const oldest = scope.manifest?.checkpoints[0]?.epoch;
  if (oldest !== undefined) return epoch >= oldest;
  const there = epochsThere(scope);
  return there.length === 0 || epoch >= there[0]!;
}

function epochsThere({ fileSystem, layout }: CheckpointScope): bigint[] {
  const names = namesIn(fileSystem, layout.checkpoints);
  return names.flatMap((name) => epochOfName(name) ?? []).sort((a, b) => (a < b ? -1 : 1));
}
