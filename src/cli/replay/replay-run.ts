import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Finding } from '../../engine/finding.js';
import type { ReplayFilter } from '../../engine/inspect/replay/replay-filter.js';
import type { ReplayInto } from '../../engine/inspect/replay/replay-into.js';
import type { ReplayStats } from '../../engine/inspect/replay/replay-stats.js';
import type { FileChanges } from '../../engine/storage-io/real/file-changes.js';
import type { ScanEvent } from '../../engine/wal/scan/scanner.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import { EXIT_CODES, exitCodeOfFinding, worseExitCode, type ExitCode } from '../errors/exit-codes.js';
import type { LocatedRecord, RecordOutput } from '../output/records/record-parts.js';
import type { Terminal } from '../terminal/terminal.js';

/** So often, in records, is looked whether the event loop must have its turn: a signal waits for that. */
const RECORDS_BETWEEN_LOOKS = 256;
const TURN_MS = 50;

/** The supplier of the records. */
export interface RecordSource {
  /** The last finding. */
  readonly finding: Finding | undefined;
  /** The last record, valid until `next`. */
  readonly segment: LocatedRecord;
  /** `waiting`: there may be more once `ReplayWork.changes` says so. */
  next(): ScanEvent | 'waiting';
}

/** Whether a signal has ended the work. */
export interface Interruption {
  readonly isOver: boolean;
}

/** The work to do with the records. */
export interface ReplayWork {
  readonly source: RecordSource;
  readonly filter: ReplayFilter;
  readonly limit: number;
  /** Undefined where records are not printed. */
  readonly printed: RecordOutput | undefined;
  readonly findings: RecordOutput;
  readonly stats: ReplayStats | undefined;
  readonly into: ReplayInto | undefined;
  readonly skipDamage: boolean;
  /** For a source that is followed. */
  readonly changes: FileChanges | undefined;
}

/**
 * Takes records until there are no more, as many as were asked for are there, or a signal came.
 * @throws StatelogError `DAMAGED` where records are applied, unless damage is to be skipped; what was applied is said
 */
export async function runReplay(
  { output }: Terminal,
  work: ReplayWork,
  interruption: Interruption,
): Promise<ExitCode> {
  const { source, filter, limit, into } = work;
  let worst: ExitCode = EXIT_CODES.done;
  let taken = 0;
  const turns = new Turns();
  for (let steps = 1; taken < limit && !interruption.isOver; steps++) {
    const event = source.next();
    if (event === 'end') break;
    if (event === 'waiting') {
      if (!(await waitForMore(output, work))) break;
      if (turns.isDue) await turns.take();
      continue;
    }
    if (event === 'finding') {
      const finding = source.finding!;
      if (!filter.takesFinding(finding)) continue;
      worst = worseExitCode(worst, exitCodeOfFinding(finding));
      if (into !== undefined && finding.severity === 'damage' && !work.skipDamage) await stop(into, finding);
      work.findings.finding(finding);
    } else if (takeRecord(work)) {
      taken += 1;
    }
    // Before the next step: what is written may lie in the scanner's buffer.
    if (output.isFull && !(await output.flush())) break;
    if (into?.isFull === true) await into.room();
    if (steps % RECORDS_BETWEEN_LOOKS === 0 && turns.isDue) {
      if (!(await output.flush())) break;
      await turns.take();
    }
  }
  await into?.finish();
  return worst;
}

/** When the event loop last had its turn: until it has, no signal is seen. */
export class Turns {
  #lastMs = performance.now();

  get isDue(): boolean {
    return performance.now() - this.#lastMs > TURN_MS;
  }

  async take(): Promise<void> {
    await nextTurn();
    this.#lastMs = performance.now();
  }
}

/** Hands on what was read, and waits for more. @returns false where nobody reads the output any more */
async function waitForMore(output: ByteOutput, { into, changes }: ReplayWork): Promise<boolean> {
  const isRead = await output.flush();
  await into?.drain();
  if (isRead) await changes?.next();
  return isRead;
}

/** @returns false where the record was not asked for */
function takeRecord({ source, filter, stats, printed, into }: ReplayWork): boolean {
  const { segment } = source;
  if (!filter.takes(segment.view, segment.offset)) return false;
  stats?.add(segment.view, segment.recordBytes);
  printed?.record(segment);
  into?.take(segment.view);
  return true;
}

/** Ends before damage; everything before it is applied. */
async function stop(into: ReplayInto, finding: Finding): Promise<never> {
  await into.drain();
  const [{ damageError }, { appliedText }] = await Promise.all([
    import('../../engine/wal/scan/scan-findings.js'),
    import('../../engine/inspect/replay/replay-into.js'),
  ]);
  throw damageError(finding, appliedText(into.applied));
}
