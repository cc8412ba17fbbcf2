import { basename, dirname, join } from 'node:path';
import { equalBytes } from '../../bytes/compare.js';
import { MANIFEST_NAME } from '../../directory/manifest/layout.js';
import {
  newestCheckpoint,
  type CheckpointEntry,
  type DirectoryManifest,
} from '../../directory/manifest/manifest.js';
import { nextSequenceOf } from '../../wal/scan/record-sweep.js';
import type { Evidence, ManifestEvidence } from './evidence.js';

/** The store that most indexes say they are of; where two are as many, the one that the manifest in its place says. */
export function commonStoreId(evidence: readonly Evidence[], manifestPath: string): Uint8Array | undefined {
  const counts = new Map<string, number>();
  for (const one of evidence) {
    if (one.kind !== 'index') continue;
    const id = Buffer.from(one.block.storeId).toString('hex');
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const own = evidence.find(
    (one): one is ManifestEvidence => one.kind === 'manifest' && one.path === manifestPath,
  );
  const ownId = own === undefined ? '' : Buffer.from(own.manifest.storeId).toString('hex');
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || Number(b[0] === ownId) - Number(a[0] === ownId));
  return most === undefined ? undefined : Buffer.from(most[0], 'hex');
}

/**
 * The manifests of whole stores that lie, each in a folder of its own, within another one: what is in them is none of that one's, though its
 * records have the same cores and epochs.
 */
export function manifestsOfOtherStores(
  evidence: readonly Evidence[],
  manifestPath: string,
): ManifestEvidence[] {
  const isWithin = ({ path }: Evidence, folder: string): boolean => path.startsWith(`${folder}/`);
  const nested = evidence.filter(
    (one): one is ManifestEvidence =>
      one.kind === 'manifest' &&
      one.path !== manifestPath &&
      basename(one.path) === MANIFEST_NAME &&
      PARTS.some((part) => evidence.some((other) => isWithin(other, join(dirname(one.path), part)))),
  );
  const outside = evidence.filter((one) => !nested.some(({ path }) => isWithin(one, dirname(path))));
  const ownManifest = outside.find((one) => one.kind === 'manifest' && one.path === manifestPath);
  const ownId =
    commonStoreId(outside, manifestPath) ??
    (ownManifest?.kind === 'manifest' ? ownManifest.manifest.storeId : undefined);
  return ownId === undefined ? [] : nested.filter(({ manifest }) => !equalBytes(manifest.storeId, ownId));
}

/** Folders that a store has. */
const PARTS = ['checkpoints', 'wal'];

/** The manifest of a store: the one in its place, else the newest. One that its files, or its own numbers, speak against is none. */
export function manifestFor(
  evidence: readonly Evidence[],
  path: string,
  storeId: Uint8Array | undefined,
): ManifestEvidence | undefined {
  const manifests = evidence
    .filter((one): one is ManifestEvidence => one.kind === 'manifest')
    .filter(({ manifest }) => storeId === undefined || equalBytes(manifest.storeId, storeId))
    .filter(({ manifest }) => whatSpeaksAgainst(evidence, manifest) === undefined);
  const own = manifests.find((one) => one.path === path);
  return own ?? [...manifests].sort((a, b) => (epochOf(b.manifest) > epochOf(a.manifest) ? 1 : -1))[0];
}

/** The fault of a manifest whose checksum holds, as the end of a sentence; undefined where nothing speaks against it. */
export function whatSpeaksAgainst(
  evidence: readonly Evidence[],
  { storeId, cores, checkpoints }: DirectoryManifest,
): string | undefined {
  const blocks = evidence.flatMap((one) => (one.kind === 'index' ? [one.block] : []));
  const own = blocks.filter((block) => equalBytes(block.storeId, storeId));
  const coresThere = Math.max(0, ...own.map(({ coreId }) => coreId + 1));
  if (coresThere > cores) return `says that the store has ${cores} of its ${coresThere} cores`;
  const goesBack = checkpoints.some(({ cores: entries }, index) =>
    entries.some(({ nextSequence, lastTimestampNs }, coreId) => {
      const before = checkpoints[index - 1]?.cores[coreId];
      if (before === undefined) return false;
      return nextSequence < before.nextSequence || lastTimestampNs < before.lastTimestampNs;
    }),
  );
  if (goesBack) return 'says that a log went back';
  return checkpoints.some((entry) => followsElsewhere(evidence, entry))
    ? 'says where a log begins, and it begins before that'
    : undefined;
}

/** Whether a log goes on where the one before it ends, before the place that a checkpoint between them says. */
function followsElsewhere(evidence: readonly Evidence[], { epoch, cores }: CheckpointEntry): boolean {
  const runs = evidence.flatMap((one) => (one.kind === 'segment' ? one.runs : []));
  return cores.some(({ nextSequence }, coreId) => {
    const begins = runs
      .filter((run) => run.epoch === epoch + 1n && run.coreId === coreId)
      .map(({ firstSequence }) => firstSequence);
    const ends = runs.filter((run) => run.epoch === epoch && run.coreId === coreId).map(nextSequenceOf);
    return (
      begins.some((first) => first < nextSequence && ends.includes(first)) &&
      !begins.some((first) => first >= nextSequence)
    );
  });
}

/** The epoch of a manifest's newest checkpoint; 0 before the first. */
export function epochOf(manifest: DirectoryManifest): bigint {
  return newestCheckpoint(manifest)?.epoch ?? 0n;
}
