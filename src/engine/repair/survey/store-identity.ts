import { equalBytes } from '../../bytes/compare.js';
import { newestCheckpoint, type DirectoryManifest } from '../../directory/manifest/manifest.js';
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

/** The manifest of a store: the one in its place, else the newest. */
export function manifestFor(
  evidence: readonly Evidence[],
  path: string,
  storeId: Uint8Array | undefined,
): ManifestEvidence | undefined {
  const manifests = evidence
    .filter((one): one is ManifestEvidence => one.kind === 'manifest')
    .filter(({ manifest }) => storeId === undefined || equalBytes(manifest.storeId, storeId));
  const own = manifests.find((one) => one.path === path);
  return own ?? [...manifests].sort((a, b) => (epochOf(b.manifest) > epochOf(a.manifest) ? 1 : -1))[0];
}

/** The epoch of a manifest's newest checkpoint; 0 before the first. */
export function epochOf(manifest: DirectoryManifest): bigint {
  return newestCheckpoint(manifest)?.epoch ?? 0n;
}
