import { reportFault } from '../../artifact/format/artifact-check.js';
import {
  isOwnBackend,
  locateArtifact,
  openPayload,
  type LocatedArtifact,
} from '../../artifact/read/open-artifact.js';
import { FETCH_HINT, STORE_HINT } from '../../artifact/format/invalid.js';
import type { ExportManifest } from '../../artifact/format/manifest.js';
import { repairHint, unpackHint } from '../../bytes/text/command-hints.js';
import { isStatelogError } from '../../errors.js';
import { foundAs, type Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { Tally } from './tally.js';
import { findingOf } from './verify-state.js';

/** Codes of errors that end the reading of an artifact, and are damage all the same. */
const DAMAGE_CODES = ['INVALID_ARTIFACT', 'DIGEST_MISMATCH', 'UNFINISHED_STREAM'] as const;

/**
 * Checks an artifact, a folder or a tar, against its manifest: every file's length and digest; then,
 * where they fit, that the payload holds together and ends at the manifest's cursor.
 */
export function* verifyArtifact(
  fileSystem: FileSystem,
  path: string,
  tally: Tally,
): Generator<Finding, void> {
  const findings: Finding[] = [];
  // A tar may hold a million files that nobody listed.
  const limit = tally.limitFor(path);
  try {
    const onFault = reportFault(path, (fault) => {
      const finding = limit.take(foundAs(fault));
      if (finding !== undefined) findings.push(finding);
    });
    const located = locateArtifact(fileSystem, path, onFault);
    findings.push(...limit.rest());
    const { manifest } = located;
    const isRepaired = manifest === undefined || isOwnBackend(manifest);
    const toldOf = isRepaired ? hinting(fileSystem, path, findings) : (finding: Finding): Finding => finding;
    for (const finding of findings) yield toldOf(finding);
    for (const file of manifest?.files ?? []) tally.addFile(`${path}/${file.path}`, file.size);
    if (findings.length === 0 && manifest !== undefined) yield* verifyPayload(located, manifest, tally);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const all = [...findings, ...limit.rest(), findingOf(error, path)];
    yield* all.map(hinting(fileSystem, path, all));
  }
}

function* verifyPayload(
  located: LocatedArtifact,
  manifest: ExportManifest,
  tally: Tally,
): Generator<Finding, void> {
  if (!isOwnBackend(manifest)) {
    yield unchecked(located.path, manifest.backend);
    return;
  }
  const store = openPayload(located, manifest);
  tally.keys += store.count();
  store.close();
}

/**
 * Adds the hint to repair: if no other copy is left, the good part can still be brought out. Of a tar of a store, which is no artifact, all
 * that helps is to unpack it.
 */
function hinting(
  fileSystem: FileSystem,
  path: string,
  findings: readonly Finding[],
): (finding: Finding) => Finding {
  const isStore = findings.some(({ hint }) => hint === STORE_HINT);
  const isTar = fileSystem.statusFollowing(path)?.kind === 'file';
  const asStore = isTar ? `${STORE_HINT}: ${unpackHint(path)}` : STORE_HINT;
  const forDamage = isStore ? asStore : `${FETCH_HINT}; else ${repairHint(path)}`;
  return (finding) => {
    if (finding.hint === STORE_HINT) return { ...finding, hint: asStore };
    return finding.hint === FETCH_HINT ? { ...finding, hint: forDamage } : finding;
  };
}

/** True for what ends the reading of an export, and is damage of it. */
export function isDamage(error: unknown): error is Parameters<typeof findingOf>[0] {
  return isStatelogError(error) && DAMAGE_CODES.some((code) => error.code === code);
}

function unchecked(file: string, backend: string): Finding {
  return {
    severity: 'notice',
    class: 'unchecked',
    file,
    offset: 0,
    bytes: 0,
    message: `the files are what the manifest says; what is in them is ${backend}'s, and was not looked at`,
    hint: `nothing: what wrote it can tell more`,
  };
}
