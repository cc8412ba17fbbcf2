import { basename, join } from 'node:path';
import { commandText } from '../../bytes/text/command-hints.js';
import { StatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { coreIdOfSegmentName } from '../../wal/format/segment-name.js';
import type { RecordRun } from '../../wal/scan/record-sweep.js';
import { listSegments } from '../../wal/folder/segment-folder.js';
import type { ArrangementWishes } from './arrange-directory.js';
import { ArrangementBuilder, type Arrangement } from './arrangement.js';
import { sharesRecords } from './doubles.js';
import { evidenceOf, identitiesOf, isPassedOver, surveyFolder, type SegmentEvidence } from './evidence.js';
import { gatherLog, type LogRules } from './gathered-log.js';
import { copyOnly, foreignRun, gatheringFindings, wronglyNamed } from './run-findings.js';

/** A core with fewer than one of so many records of a file got into it by a stray block, and not as a segment that was joined. */
const STRAY_SHARE = 8;

/** A loose segment, as it is to be read. */
export interface ArrangedSegment {
  /** The core whose records they are; undefined where the file holds none. */
  readonly coreId: number | undefined;
  /** True where it holds segments of several cores: it is then read as a folder of them. */
  readonly isJoined: boolean;
  /** Undefined where the file is read as it lies. */
  readonly arrangement: Arrangement | undefined;
}

/**
 * Arranges a folder of segments: of each core the records that any of them holds. A file of another name counts where no
 * segment has records of its core, or where it shares records with one that has.
 * @returns undefined where everything lies where it belongs
 */
export function arrangeSegments(
  fileSystem: FileSystem,
  folder: string,
  { without = [] }: Pick<ArrangementWishes, 'without'> = {},
): Arrangement | undefined {
  const identities = identitiesOf(fileSystem, without);
  const evidence = surveyFolder(fileSystem, folder, { isDeep: false, without: identities });
  const files = evidence.filter((one): one is SegmentEvidence => one.kind === 'segment');
  const builder = new ArrangementBuilder(fileSystem, folder);
  const named = files.filter(({ path }) => coreIdOfSegmentName(basename(path)) !== undefined);
  const used = new Set<SegmentEvidence>();
  for (const coreId of coresOf(files)) {
    const path = join(folder, segmentName(coreId));
    const own = named.find((one) => one.path === path);
    const inSegments = candidatesOf(named, coreId, own);
    const others = files.filter(
      (file) => !named.includes(file) && mayJoin(fileSystem, file, coreId, inSegments),
    );
    const log = gatherLog(
      fileSystem,
      new Map([...inSegments, ...candidatesOf(others, coreId)]),
      rulesOf(files),
    );
    if (log === undefined) continue;
    for (const { file } of [...log.runs, ...log.setApart]) used.add(file);
    builder.place(path, log.slices);
    builder.findings.push(...gatheringFindings(log, path));
  }
  for (const file of named) {
    const coreId = coreIdOfSegmentName(basename(file.path));
    if (file.runs.length === 0) builder.keep(file.path);
    else if (!file.runs.some((run) => run.coreId === coreId)) {
      builder.leaveOut(file.path);
      if (!used.has(file)) builder.findings.push(copyOnly(file));
    }
  }
  for (const { path } of listSegments(fileSystem, folder)) {
    if (isPassedOver(fileSystem, path, identities)) builder.leaveOut(path);
  }
  return builder.isMoved ? builder.build([folder]) : undefined;
}

/** The user's decisions about the records of one segment. */
export interface SegmentWishes {
  /** The core and the epoch of the records that count; all others are left out. */
  readonly asCore?: number | undefined;
  readonly asEpoch?: bigint | undefined;
}

/** Arranges one segment by itself: its records in order, those of its core. */
export function arrangeSegment(
  fileSystem: FileSystem,
  path: string,
  { asCore, asEpoch }: SegmentWishes = {},
): ArrangedSegment {
  const nameSays = coreIdOfSegmentName(basename(path));
  const status = fileSystem.statusFollowing(path);
  const file = status === undefined ? undefined : evidenceOf(fileSystem, path, status);
  if (file?.kind !== 'segment' || file.runs.length === 0) {
    return { coreId: nameSays, isJoined: false, arrangement: undefined };
  }
  const counts = recordsByCore(file);
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  const coreId = asCore ?? (nameSays !== undefined && counts.has(nameSays) ? nameSays : most![0]);
  if (asCore !== undefined || asEpoch !== undefined) {
    return { coreId, isJoined: false, arrangement: inOrder(fileSystem, file, coreId, nameSays, asEpoch) };
  }
  const joined = [...counts].filter(([, records]) => records * STRAY_SHARE >= most![1]);
  return joined.length > 1
    ? {
        coreId,
        isJoined: true,
        arrangement: splitUp(
          fileSystem,
          file,
          joined.map(([core]) => core),
        ),
      }
    : { coreId, isJoined: false, arrangement: inOrder(fileSystem, file, coreId, nameSays) };
}

function inOrder(
  fileSystem: FileSystem,
  file: SegmentEvidence,
  coreId: number,
  nameSays: number | undefined,
  epoch?: bigint,
): Arrangement | undefined {
  const { path, runs } = file;
  const builder = new ArrangementBuilder(fileSystem, path);
  const isWanted = (run: RecordRun): boolean =>
    run.coreId === coreId && (epoch === undefined || run.epoch === epoch);
  const wanted = runs.filter(isWanted);
  const log = gatherLog(fileSystem, new Map([[file, wanted]]), rulesOf([file]));
  if (log === undefined) throw noSuchRecords(path, coreId, epoch);
  builder.place(path, log.slices);
  const isWronglyNamed = nameSays !== undefined && nameSays !== coreId;
  if (isWronglyNamed) builder.findings.push(wronglyNamed(file, nameSays, coreId));
  if (!builder.isMoved) return isWronglyNamed ? builder.build([]) : undefined;
  builder.findings.push(...gatheringFindings(log, path));
  for (const [index, run] of runs.entries()) {
    if (isWanted(run)) continue;
    const whole = epoch === undefined ? '' : `, epoch ${epoch}`;
    const why = `the segment is of core ${coreId}${whole}; they are left out`;
    builder.findings.push(foreignRun({ ...run, file, index, isWhole: true }, why));
  }
  return builder.build([]);
}

function noSuchRecords(path: string, coreId: number, epoch: bigint | undefined): StatelogError {
  const whose = `core ${coreId}${epoch === undefined ? '' : `, epoch ${epoch}`}`;
  return new StatelogError('INVALID_ARGUMENT', `the segment holds no record of ${whose}`, {
    path,
    safe: 'nothing was changed',
    hint: `run ${commandText('statelog', 'wal-replay', path, '--stats')} to see which it holds`,
  });
}

/** A file of several segments, as a folder of them. */
function splitUp(fileSystem: FileSystem, file: SegmentEvidence, cores: readonly number[]): Arrangement {
  const builder = new ArrangementBuilder(fileSystem, file.path);
  for (const coreId of cores) {
    const path = join(file.path, segmentName(coreId));
    const log = gatherLog(fileSystem, candidatesOf([file], coreId), rulesOf([file]))!;
    builder.place(path, log.slices);
    builder.findings.push(...gatheringFindings(log, path));
  }
  return builder.build([file.path]);
}

/** Numbers are given once by statelog, which goes on counting where LaminarDB begins anew. */
function rulesOf(files: readonly SegmentEvidence[]): LogRules {
  return { isOnce: files.every(({ runs }) => runs.every(({ hasLags }) => hasLags)), isLoose: true };
}

function coresOf(files: readonly SegmentEvidence[]): number[] {
  const cores = new Set(files.flatMap(({ runs }) => runs.map(({ coreId }) => coreId)));
  return [...cores].sort((a, b) => a - b);
}

function recordsByCore({ runs }: SegmentEvidence): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { coreId, records } of runs) counts.set(coreId, (counts.get(coreId) ?? 0) + records);
  return counts;
}

/** Runs of a core by file, its own first. */
function candidatesOf(
  files: readonly SegmentEvidence[],
  coreId: number,
  own?: SegmentEvidence,
): Map<SegmentEvidence, readonly RecordRun[]> {
  const candidates = new Map<SegmentEvidence, readonly RecordRun[]>();
  for (const file of own === undefined ? files : [own, ...files.filter((one) => one !== own)]) {
    const runs = file.runs.filter((run) => run.coreId === coreId);
    if (runs.length > 0) candidates.set(file, runs);
  }
  return candidates;
}

/** Whether a file that is not named like a segment goes with those that are. */
function mayJoin(
  fileSystem: FileSystem,
  file: SegmentEvidence,
  coreId: number,
  inSegments: ReadonlyMap<SegmentEvidence, readonly RecordRun[]>,
): boolean {
  if (inSegments.size === 0) return true;
  const own = file.runs.filter((run) => run.coreId === coreId);
  return [...inSegments].some(([other, runs]) => sharesRecords(fileSystem, [file, own], [other, runs]));
}

function segmentName(coreId: number): string {
  return `wal-${coreId}.log`;
}
