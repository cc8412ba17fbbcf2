import type { CharName } from 'cli-table3';
import { displayWidth } from './display-width.js';

/** Columns that a cell takes beside its text: a blank on either side. */
const PADDING_COLUMNS = 2;
/** No column is cut to less than this, however narrow the terminal. */
const COLUMN_WIDTH_MIN = 8;

/**
 * A table without lines, its head bold, its cells cut to fit into `columnsMax`. Ends with a
 * line end. The packages that draw it are loaded only here: a pipe never needs them.
 * @param head titles; none to go on with a table that has its head already
 * @param rows cells without control characters
 */
export async function tableText(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columnsMax: number,
): Promise<string> {
  const [{ default: CliTable }, { default: chalk }] = await Promise.all([
    import('cli-table3'),
    import('chalk'),
  ]);
  const table = new CliTable({
    head: head.map((title) => chalk.bold(title)),
    colWidths: columnWidths(head, rows, columnsMax),
    chars: WITHOUT_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': PADDING_COLUMNS },
  });
  table.push(...rows.map((row) => [...row]));
  const lines = table.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

const WITHOUT_LINES = Object.fromEntries(
  [
    ...['top', 'bottom', 'left', 'right', 'mid'].flatMap((place) => [place, `${place}-mid`]),
    ...['top', 'bottom'].flatMap((place) => [`${place}-left`, `${place}-right`]),
    ...['left-mid', 'right-mid', 'middle'],
  ].map((part) => [part, '']),
) as Readonly<Record<CharName, string>>;

/** Each column as wide as its widest cell, and the widest ones cut until all fit. */
function columnWidths(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columnsMax: number,
): number[] {
  const widths = Array.from({ length: Math.max(head.length, rows[0]?.length ?? 0) }, (_, column) => {
    let width = head[column]?.length ?? 0;
    for (const row of rows) width = Math.max(width, displayWidth(row[column] ?? ''));
    return width + PADDING_COLUMNS;
  });
  let excess = widths.reduce((sum, width) => sum + width, 0) - columnsMax;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const others = Math.max(0, ...widths.filter((_, column) => column !== widest));
    const cut = Math.min(excess, Math.max(1, widths[widest]! - others));
    const width = Math.max(COLUMN_WIDTH_MIN, widths[widest]! - cut);
    if (width === widths[widest]) break;
    excess -= widths[widest]! - width;
    widths[widest] = width;
  }
  return widths;
}
