import { reportFault } from '../../artifact/format/artifact-check.js';
import {
  isOwnBackend,
  locateArtifact,
  openPayload,
  type LocatedArtifact,
} from '../../artifact/read/open-artifact.js';
import { FETCH_HINT, PACKED_HINT, STORE_HINT } from '../../artifact/format/invalid.js';
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
    const toldOf = isRepaired
      ? hinting(fileSystem, path, findings, manifest)
      : (finding: Finding): Finding => finding;
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
 * Adds the hint to repair: if no other copy is left, the good part can still be brought out. Of a tar of something else that we read, which
 * is no artifact, all that helps is to unpack it.
 */
function hinting(
  fileSystem: FileSystem,
  path: string,
  findings: readonly Finding[],
  manifest?: ExportManifest,
): (finding: Finding) => Finding {
  const isTar = fileSystem.statusFollowing(path)?.kind === 'file';
  const packed = packedHintIn(findings, manifest);
  const forDamage =
    packed === undefined
      ? `${FETCH_HINT}; else ${repairHint(path)}`
      : isTar
        ? `${packed}: ${unpackHint(path)}`
        : packed;
  return (finding) => (isOfAll(finding) ? { ...finding, hint: forDamage } : finding);
}

/** True for a finding whose advice is about all of the artifact, and not about one entry. */
function isOfAll({ hint }: Finding): boolean {
  return hint === FETCH_HINT || hint === STORE_HINT || hint === PACKED_HINT;
}

/** The advice where something else was packed in place of an artifact; a file beside a payload is only one too many. */
function packedHintIn(
  findings: readonly Finding[],
  manifest: ExportManifest | undefined,
): string | undefined {
  const said = (hint: string): boolean => findings.some((finding) => finding.hint === hint);
  if (said(STORE_HINT)) return STORE_HINT;
  return manifest === undefined && said(PACKED_HINT) ? PACKED_HINT : undefined;
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
