import type { JsonFields } from '../bytes/text/json-line.js';
import { cursorText } from '../fold/format/position-text.js';
import { headerFields, parseExportLine, type LinesHeader } from './export-lines.js';

/** A moment of a store's history: the header that a whole export there would have, and where its log had come to. */
export interface IncrementPosition extends LinesHeader {
  /** How far the log of a state directory had come whose epoch was open; undefined at a checkpoint. */
  readonly openLog?: OpenLogPosition | undefined;
  /** The end of the last record of a fold log; undefined where the cursor says it all. */
  readonly logBytes?: number | undefined;
  /**
   * A mark of the history up to there, in hex: where a state directory has it at the position again, it holds there what
   * it held. Undefined where none is known.
   */
  readonly history?: string | undefined;
}

/** How far the log behind a state directory's newest checkpoint had come. */
export interface OpenLogPosition {
  /** Records of all cores. */
  readonly records: number;
  /** The sequence that each core's next record gets. */
  readonly sequences: readonly bigint[];
}

const SEQUENCE = /^(0|[1-9]\d{0,19})$/;
const HISTORY = /^[0-9a-f]{64}$/;

/** The fields of a position in JSON, in their order. */
export function positionFields({
  openLog,
  logBytes,
  history,
  ...header
}: IncrementPosition): Readonly<Record<string, unknown>> {
  return {
    ...headerFields(header),
    ...(openLog === undefined ? {} : { records: openLog.records, sequences: openLog.sequences.map(String) }),
    ...(logBytes === undefined ? {} : { logBytes }),
    ...(history === undefined ? {} : { history }),
  };
}

/**
 * Reads those fields; undefined where they are no position.
 * @throws StatelogError as `parseExportLine`
 */
export function parsePosition(fields: unknown): IncrementPosition | undefined {
  if (typeof fields !== 'object' || fields === null || !('statelog' in fields)) return undefined;
  const { records, sequences, logBytes, history, ...rest } = fields as JsonFields;
  const parsed = parseExportLine(rest);
  if (typeof parsed === 'string' || !('header' in parsed)) return undefined;
  const openLog =
    records === undefined && sequences === undefined ? undefined : openLogOf(records, sequences);
  if (openLog === null || !isCountIfGiven(logBytes) || !isHistoryIfGiven(history)) return undefined;
  return { ...parsed.header, openLog, logBytes, history };
}

/** A position in text, for people and for `--at`: an epoch, `7+12` for 12 records behind epoch 7's checkpoint, or a cursor. */
export function positionName({ kind, epoch = 0n, cursor, openLog }: IncrementPosition): string {
  if (kind === 'log') return cursorText(cursor) ?? 'none';
  return openLog === undefined ? String(epoch) : `${epoch - 1n}+${openLog.records}`;
}

/** True where the two are one position. */
export function isSamePosition(one: IncrementPosition, other: IncrementPosition): boolean {
  return placeText(one) === placeText(other);
}

function placeText(position: IncrementPosition): string {
  return JSON.stringify(positionFields({ ...position, history: undefined }));
}

function openLogOf(records: unknown, sequences: unknown): OpenLogPosition | null {
  if (!isCount(records) || !Array.isArray(sequences) || sequences.length === 0) return null;
  const isGood = sequences.every((one) => typeof one === 'string' && SEQUENCE.test(one));
  return isGood ? { records, sequences: (sequences as string[]).map(BigInt) } : null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isCountIfGiven(value: unknown): value is number | undefined {
  return value === undefined || isCount(value);
}

function isHistoryIfGiven(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && HISTORY.test(value));
}
