import { checkArtifact } from '../../artifact/stage-artifact.js';
import { isStatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/file-system.js';
import type { Tally } from './tally.js';
import { findingOf } from './verify-state.js';

/** What ends the reading of an artifact, and is damage all the same. */
const DAMAGE_CODES = ['INVALID_ARTIFACT', 'DIGEST_MISMATCH', 'UNFINISHED_STREAM'] as const;

/** Checks an artifact, a folder or a tar, against its manifest: every file's length and digest. */
export function* verifyArtifact(
  fileSystem: FileSystem,
  path: string,
  tally: Tally,
): Generator<Finding, void> {
  const findings: Finding[] = [];
  try {
    const manifest = checkArtifact(fileSystem, path, (finding) => findings.push(finding));
    for (const { size } of manifest?.files ?? []) tally.addFile(size);
  } catch (error) {
    yield* findings;
    if (!DAMAGE_CODES.some((code) => isStatelogError(error, code)) || !isStatelogError(error)) throw error;
    yield findingOf(error, path);
    return;
  }
  yield* findings;
}
