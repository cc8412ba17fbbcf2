import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Finding } from '../../engine/finding.js';
import type { ReplayInto } from '../../engine/inspect/replay/replay-into.js';
import type { Selection } from '../../engine/inspect/select/selection.js';
import type { FileChanges } from '../../engine/storage-io/real/file-changes.js';
import type { ScanEvent } from '../../engine/wal/scan/scanner.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import { EXIT_CODES, exitCodeOfFinding, worseExitCode, type ExitCode } from '../errors/exit-codes.js';
import type { LocatedRecord, RecordOutput } from '../output/records/record-parts.js';
import type { Terminal } from '../terminal/terminal.js';

/** Records read between two looks at the clock, which may give the event loop its turn: a signal waits for that. */
const RECORDS_BETWEEN_LOOKS = 256;
const TURN_MS = 50;

/** The supplier of the records. */
export interface RecordSource<Record = LocatedRecord> {
  /** The last finding. */
  readonly finding: Finding | undefined;
  /** The last record, valid until `next`. */
  readonly segment: Record;
  /** `waiting`: there may be more once `ReplayWork.changes` says so. */
  next(): ScanEvent | 'waiting';
}

/** The records that are wanted. */
export interface RecordFilter<Record> {
  takes(record: Record): boolean;
  takesFinding(finding: Finding): boolean;
}

/** Whether a signal has ended the work. */
export interface Interruption {
  readonly isOver: boolean;
}

/** The work to do with the records. */
export interface ReplayWork<Record = LocatedRecord> {
  readonly source: RecordSource<Record>;
  readonly filter: RecordFilter<Record>;
  readonly limit: number;
  /** Undefined where records are not printed. */
  readonly printed: RecordOutput<Record> | undefined;
  readonly findings: Pick<RecordOutput<Record>, 'finding'>;
  /** Takes every record that is wanted. */
  readonly taker?: { take(record: Record): void } | undefined;
  /** Sees all records, wanted or not, instead of their being printed as they come. */
  readonly selection?: Selection<Record> | undefined;
  readonly into?: ReplayInto | undefined;
  /** Whether `into` goes on behind damage. */
  readonly skipDamage?: boolean;
  /** For a source that is followed. */
  readonly changes?: FileChanges | undefined;
}

/**
 * Takes records until there are no more, as many as were asked for are there, or a signal came.
 * @throws StatelogError `DAMAGED` where records are applied, unless damage is to be skipped; what was applied is said
 */
export async function runReplay<Record>(
  { output }: Terminal,
  work: ReplayWork<Record>,
  interruption: Interruption,
): Promise<ExitCode> {
  const { source, filter, limit, into, selection } = work;
  let worst: ExitCode = EXIT_CODES.done;
  let taken = 0;
  const turns = new Turns();
  for (let steps = 1; taken < limit && !interruption.isOver && selection?.isOver !== true; steps++) {
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
      if (selection?.seeFinding(finding) !== true) work.findings.finding(finding);
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
async function waitForMore(
  output: ByteOutput,
  { into, changes }: Pick<ReplayWork, 'into' | 'changes'>,
): Promise<boolean> {
  const isRead = await output.flush();
  await into?.drain();
  if (isRead) await changes?.next();
  return isRead;
}

/** @returns false where the record was not asked for */
function takeRecord<Record>({ source, filter, taker, printed, selection }: ReplayWork<Record>): boolean {
  const { segment } = source;
  const isWanted = filter.takes(segment);
  selection?.see(segment, isWanted);
  if (!isWanted) return false;
  taker?.take(segment);
  printed?.record(segment);
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
