import nodePath from 'node:path';
import { mendHint, missingHint, repairHint } from '../../bytes/text/command-hints.js';
import { isStatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { anchoredSource } from '../../storage-io/views/anchored-file-system.js';
import { readingOnFileSystem } from '../../storage-io/views/reading-on-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { openToAll } from '../../store/remarks.js';
import { coreIdOfSegmentName } from '../../wal/format/segment-name.js';
import { looseHints } from '../hints.js';
import { identify, type IdentifiedKind, type PathIdentity } from '../identify.js';
import { FileMaps, type FileMapOptions } from './file-map.js';
import { hinted } from './findings/hinted.js';
import { MendableRecords } from './findings/mendable-records.js';
import { withStranger } from '../strangers/foreign-file.js';
import { newlyUnreadable } from '../unreadable.js';
import type { RecordTimeline } from './record-timeline.js';
import { Tally } from './tally.js';
import { verifyArtifact } from './verify-artifact.js';
import { verifyDirectory } from './verify-directory.js';
import { verifyFoldLog } from './verify-fold.js';
import { verifyLines } from './verify-lines.js';
import { verifyLooseSegment, verifyWalFolder } from './verify-log-folder.js';
import { findingOf, verifyStatePair } from './verify-state.js';

/** How to verify. */
export interface VerifyOptions {
  /** Leaves out the values: their checksums are not computed. */
  readonly quick: boolean;
  /** Asks for maps of the files. */
  readonly map?: FileMapOptions | undefined;
  /** Takes the times of the records of logs. */
  readonly timeline?: RecordTimeline | undefined;
  /** The most findings of a kind in a log to tell one by one; the rest are told as one. Default: all one by one. */
  readonly toldMax?: number | undefined;
}

/** The result of verifying one path. */
export interface VerifySummary {
  readonly path: string;
  /** Undefined where it is too damaged to tell. */
  readonly kind: IdentifiedKind | undefined;
  readonly files: number;
  readonly bytes: number;
  /** Records of logs. */
  readonly records: number;
  /** Good records behind damage, which `records` counts; and those in unfinished ends, which it does not. */
  readonly recordsBehind: number;
  /** Live keys: those of the newest checkpoint, where there are several. */
  readonly keys: number;
  /** Findings, by severity. */
  readonly damage: number;
  readonly torn: number;
  readonly notices: number;
}

/**
 * Reads everything that a path holds, by the same scanners that recovery uses, and yields what is wrong
 * with it. Changes nothing and takes no lock. Damage that stops a part from being opened is a finding.
 * @throws StatelogError what opening the path throws: `NOT_FOUND`, `PERMISSION_DENIED`, `UNKNOWN_FORMAT`,
 * `UNSUPPORTED_VERSION`, and `IO_FAILED`
 */
export function* verifyPath(
  disk: FileSystem,
  path: string,
  options: VerifyOptions,
): Generator<Finding, VerifySummary> {
  const fileSystem = readingOnFileSystem(anchoredSource(disk, path));
  const maps = options.map === undefined ? undefined : new FileMaps(fileSystem, options.map);
  const tally = new Tally(maps, options.timeline, options.toldMax);
  const counts = { damage: 0, torn: 0, notices: 0 };
  let kind: IdentifiedKind | undefined;
  const count = (finding: Finding): Finding => {
    counts[finding.severity === 'notice' ? 'notices' : finding.severity] += finding.more?.places ?? 1;
    maps?.mark(finding);
    return finding;
  };
  try {
    const found = identify(fileSystem, path);
    kind = found.kind;
    if (kind === 'directory' || kind === 'log')
      for (const finding of openToAll(fileSystem, path)) yield count(finding);
    for (const finding of findingsOf(fileSystem, found, !options.quick, tally)) {
      for (const one of newlyUnreadable(fileSystem)) yield count(one);
      yield count(withStranger(fileSystem, finding));
    }
  } catch (error) {
    if (!isStatelogError(error, 'DAMAGED')) throw error;
    yield count(withStranger(fileSystem, findingOf(error, path)));
  }
  for (const finding of newlyUnreadable(fileSystem)) yield count(finding);
  maps?.finishAll();
  const { files, bytes, records, recordsBehind, keys } = tally;
  return { path, kind, files, bytes, records, recordsBehind, keys, ...counts };
}

function findingsOf(
  fileSystem: FileSystem,
  { kind, path }: PathIdentity,
  values: boolean,
  tally: Tally,
): Generator<Finding, unknown> {
  const segments = (): MendableRecords => new MendableRecords(fileSystem, 'segment');
  switch (kind) {
    case 'directory':
      return verifyDirectory(fileSystem, path, values, tally);
    case 'log':
      return hinted(
        verifyFoldLog(fileSystem, path, tally),
        { damage: repairHint(path), mend: mendHint(path) },
        new MendableRecords(fileSystem, 'fold'),
      );
    case 'state-file':
      return hinted(verifyStatePair(fileSystem, path, values, tally), {
        damage: repairHint(path),
        missing: missingHint(path),
      });
    case 'wal-folder':
      return hinted(verifyWalFolder(fileSystem, path, tally), looseHints(path), segments(), tally.maps);
    case 'wal-segment': {
      const coreId = coreIdOfSegmentName(nodePath.basename(path));
      const findings = verifyLooseSegment(fileSystem, path, coreId, tally);
      return hinted(findings, looseHints(path), segments(), tally.maps);
    }
    case 'artifact-folder':
    case 'artifact-tar':
      return verifyArtifact(fileSystem, path, tally);
    case 'ndjson':
      return verifyLines(fileSystem, path, tally);
  }
}
