import { positionText } from '../../fold/format/position-text.js';
import { checkArtifact } from '../../artifact/read/stage-artifact.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { StatReport } from './stat-report.js';

/** Describes an artifact's manifest, and the first fault of its payload. */
export function statManifest(fileSystem: FileSystem, path: string): Partial<StatReport> {
  const findings: Finding[] = [];
  const manifest = checkArtifact(fileSystem, path, (finding) => findings.push(finding));
  const [finding] = findings;
  return {
    ...(finding === undefined ? {} : { problem: `${finding.file}: ${finding.message}` }),
    ...(manifest === undefined
      ? {}
      : {
          cursor: positionText(manifest.cursor.toBytes()),
          artifact: {
            backend: manifest.backend,
            backendVersion: manifest.backendVersion,
            createdAtUnix: manifest.createdAtUnix,
            files: manifest.files.length,
            schemaVersion: manifest.schemaVersion,
            ...(manifest.scope === undefined ? {} : { scope: manifest.scope }),
          },
        }),
  };
}
