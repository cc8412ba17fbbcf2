import { formatTime } from '../../../engine/bytes/text/time-text.js';
import type { Cell, CellState, FileMap } from '../../../engine/inspect/verify/file-map.js';
import { formatSize } from '../../values/size-text.js';

/** The rows of blocks that a file has at the most. */
export const ROWS_MAX = 4;
/** Bytes of a file that one block of the map stands for before the file gets another row. */
const BLOCK_BYTES = 4 * 1024;
const OFFSET_COLUMNS = 10;
const TIME_COLUMNS = 9;
/** Columns from one mark of a ruler to the next, at the least. */
const MARK_COLUMNS = 14;
const CELLS_MIN = 8;
const DAY_NS = 86_400_000_000_000n;
const MINUTE_NS = 60_000_000_000n;

/** Told apart without colour, too. */
const BLOCKS: Readonly<Record<CellState, string>> = {
  good: '█',
  hole: '░',
  slack: '·',
  torn: '▒',
  damaged: '╳',
};
/** Damaged in part: the higher, the more is good; never so high that it could be taken for a good one. */
const PARTS = ['▁', '▂', '▃', '▄', '▅', '▆'] as const;
const EIGHTHS = 8;

/** The character for a part of a file. */
export function blockOf({ state, good }: Cell): string {
  if (state !== 'damaged' || good === 0) return BLOCKS[state];
  return PARTS[Math.max(1, Math.min(PARTS.length, Math.round(good * EIGHTHS))) - 1]!;
}

/** The blocks that a map may have of damage in parts, for its legend. */
export const PARTS_TEXT = `${PARTS[0]} to ${PARTS.at(-1)!}`;

/** A file as rows of blocks with rulers; texts hold no colour. */
export interface MapRows {
  /** The offsets at the marks, above the blocks; in several rows, from the start of each. */
  readonly offsets: string;
  readonly rows: readonly { readonly beside: string; readonly cells: readonly Cell[] }[];
  /** The times at the marks, below a single row of a log. */
  readonly times: string | undefined;
  /** When its first good record was written, where the file is a log. */
  readonly span: string | undefined;
}

/** Lays a file out over the width of a terminal: one row, or up to four where it is long. */
export function rowsOf(map: FileMap, columns: number): MapRows {
  const isLog = map.recordTimes !== undefined;
  const besideColumns = OFFSET_COLUMNS + 1 + (isLog ? TIME_COLUMNS + 1 : 0);
  const width = Math.max(CELLS_MIN, columns - besideColumns);
  const count = Math.max(1, Math.min(ROWS_MAX, Math.ceil(map.bytes / (width * BLOCK_BYTES))));
  const cells = map.cells(count * width);
  const bytesOfRow = (map.bytes * width) / cells.length;
  const starts = Array.from({ length: count }, (_, row) => Math.floor(row * bytesOfRow));
  const marks = marksOf(Math.min(width, cells.length));
  const atMarks = marks.map((column) => Math.floor((column * bytesOfRow) / width));
  // A row's start is where its first whole record is looked for: it may well lie in the middle of one.
  const times = map.recordTimes?.(count === 1 ? atMarks : starts) ?? [];
  const timeText = timeForm(times);
  const rows = starts.map((start, row) => ({
    beside: besideText(formatSize(start), isLog ? timeText(times[row]) : undefined),
    cells: cells.slice(row * width, (row + 1) * width),
  }));
  const blank = ' '.repeat(besideColumns);
  const sign = count === 1 ? '' : '+';
  return {
    offsets: blank + ruler(marks, (mark) => `${sign}${formatSize(atMarks[mark]!)}`),
    rows,
    times: isLog && count === 1 ? blank + ruler(marks, (mark) => timeText(times[mark])) : undefined,
    span: spanOf(times),
  };
}

function besideText(offset: string, time: string | undefined): string {
  return [
    offset.padStart(OFFSET_COLUMNS),
    ...(time === undefined ? [] : [time.padEnd(TIME_COLUMNS)]),
    '',
  ].join(' ');
}

/** The columns of a row at which a ruler has marks; the first is the row's start. */
function marksOf(width: number): number[] {
  const count = Math.max(1, Math.floor(width / MARK_COLUMNS));
  return Array.from({ length: count }, (_, mark) => Math.floor((mark * width) / count));
}

function ruler(marks: readonly number[], textOf: (mark: number) => string): string {
  let line = '';
  for (const [mark, column] of marks.entries()) line = `${line.padEnd(column)}|${textOf(mark)}`;
  return line.trimEnd();
}

/** UTC, in nine columns: to the hour where days lie between them, to the millisecond where it is all less than a minute. */
function timeForm(times: readonly (bigint | undefined)[]): (ns: bigint | undefined) => string {
  const known = times.filter((ns) => ns !== undefined);
  const between = known.length === 0 ? 0n : known.at(-1)! - known[0]!;
  return (ns) => {
    if (ns === undefined) return '';
    const text = formatTime(ns);
    if (between >= DAY_NS) return `${text.slice(5, 13)}h`;
    return between < MINUTE_NS ? text.slice(14, 23) : `${text.slice(11, 19)}Z`;
  };
}

function spanOf(times: readonly (bigint | undefined)[]): string | undefined {
  const known = times.filter((ns) => ns !== undefined);
  if (known.length === 0) return undefined;
  return `from ${formatTime(known[0]!).slice(0, 19)}Z`;
}
