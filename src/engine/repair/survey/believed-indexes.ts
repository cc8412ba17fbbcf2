import { basename, dirname } from 'node:path';
import { epochOfName, type DirectoryLayout } from '../../directory/manifest/layout.js';
import type { Evidence } from './evidence.js';

const INDEX_NAME = /^state-(0|[1-9]\d{0,4})\.idx$/;

/** The checkpoint and core of an index, by its place or by what it says. */
interface IndexPlace {
  readonly epoch: bigint;
  readonly coreId: number;
}

/**
 * Leaves out each index that says a checkpoint or a core of which nothing else speaks, no record, manifest or other index, and that
 * lies in the place of one of which something does: bytes that hold together may still be wrong, and one such number would make
 * a store of thousands of cores, or of an epoch that never was.
 */
export function believedEvidence(evidence: readonly Evidence[], layout: DirectoryLayout): Evidence[] {
  return evidence.filter((one) => {
    if (one.kind !== 'index') return true;
    const place = placeOf(one.path, layout);
    if (place === undefined || (place.epoch === one.block.epoch && place.coreId === one.block.coreId))
      return true;
    const others = evidence.filter((other) => other !== one);
    return speaksOf(others, one.block, place) || !speaksOf(others, place);
  });
}

/** The place that a path is, where it is one. */
function placeOf(path: string, layout: DirectoryLayout): IndexPlace | undefined {
  const core = INDEX_NAME.exec(basename(path))?.[1];
  const epoch = epochOfName(basename(dirname(path)));
  if (core === undefined || epoch === undefined) return undefined;
  return layout.indexFile(epoch, Number(core)) === path ? { epoch, coreId: Number(core) } : undefined;
}

/**
 * Whether files speak of a checkpoint and of a core.
 * @param known one whose epoch, or core, needs no proof
 */
function speaksOf(evidence: readonly Evidence[], claim: IndexPlace, known?: IndexPlace): boolean {
  const isEpochKnown =
    claim.epoch === known?.epoch || evidence.some((one) => speaksOfEpoch(one, claim.epoch));
  const isCoreKnown =
    claim.coreId === known?.coreId || evidence.some((one) => speaksOfCore(one, claim.coreId));
  return isEpochKnown && isCoreKnown;
}

function speaksOfEpoch(one: Evidence, epoch: bigint): boolean {
  switch (one.kind) {
    case 'segment':
      return one.runs.some((run) => run.epoch === epoch || run.epoch === epoch + 1n);
    case 'index':
      return one.block.epoch === epoch;
    case 'manifest':
      return one.manifest.checkpoints.some((entry) => entry.epoch === epoch);
    case 'values':
      return false;
  }
}

function speaksOfCore(one: Evidence, coreId: number): boolean {
  switch (one.kind) {
    case 'segment':
      return one.runs.some((run) => run.coreId === coreId);
    case 'index':
      return one.block.coreId === coreId;
    case 'manifest':
      return coreId < one.manifest.cores;
    case 'values':
      return false;
  }
}
