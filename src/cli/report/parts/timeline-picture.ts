import type { CoreTimeline, Timeline } from '../../../engine/inspect/verify/record-timeline.js';
import { countedText } from '../../text/counted-text.js';
import { markup, joined, type Html } from '../page/html.js';
import { rowOf, tableIn } from '../page/report-page.js';
import type { PageRoom } from '../page/page-rooms.js';

const COLUMN_WIDTH = 14;
const ROW_HEIGHT = 14;
const ROW_STEP = 18;
const BESIDE_WIDTH = 110;
/** Shades of a column: the fuller, the more records. */
const SHADES = 5;
const MINUTE_MS = 60_000;

/**
 * Records by core and time: a picture, a row for each core, and the counts of each column, folded.
 * @param name of the path that they are in
 */
export function timelinePicture(
  timeline: Timeline,
  id: string,
  name: string,
  room: PageRoom,
): Html | undefined {
  const { columnMinutes, cores } = timeline;
  const columns = cores[0]!.columns.length;
  const most = Math.max(...cores.flatMap((core) => core.columns));
  const size = `${BESIDE_WIDTH + columns * COLUMN_WIDTH} ${cores.length * ROW_STEP}`;
  const unit = spanText(columnMinutes);
  const shapes = cores.map((core, index) => coreShapes(core, index * ROW_STEP, most));
  const picture = markup`<figure><svg role="img" aria-labelledby="${id}-t" viewBox="0 0 ${size}" style="max-width:${size.split(' ')[0]}px" ><title id="${id}-t">Good records by core and time; the table below has the same</title>${shapes}</svg><figcaption>From ${timeText(timeline, 0)} to ${timeText(timeline, columns)} UTC; a column is ${unit}, and the darker it is, the more records it has: ${most} at the most.</figcaption></figure>`;
  const rows = cores.map(coreRow);
  const table = tableIn(`Records by core in ${name}`, ['Core', 'Records', 'First', 'Last'], rows);
  const section = markup`<section><h3>Good records by core and time</h3>${picture}${table}`;
  if (!room.take(section)) return undefined;
  const counts = countTable(timeline, name, unit);
  return markup`${section}${room.take(counts) ? counts : undefined}</section>`;
}

/** Minutes, as days, hours and minutes. */
function spanText(minutes: number): string {
  if (minutes === 1) return 'one minute';
  const parts = [
    [Math.floor(minutes / 1440), 'day'],
    [Math.floor(minutes / 60) % 24, 'hour'],
    [minutes % 60, 'minute'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => countedText(count, unit))
    .join(' ');
}

function coreShapes({ coreId, columns }: CoreTimeline, y: number, most: number): Html {
  const shades = Array.from({ length: SHADES }, (_, index) => {
    const shapes = columns.flatMap((count, column) => {
      const x = BESIDE_WIDTH + column * COLUMN_WIDTH;
      return shadeOf(count, most) === index + 1
        ? [`M${x} ${y}h${COLUMN_WIDTH}v${ROW_HEIGHT}h-${COLUMN_WIDTH}z`]
        : [];
    });
    return shapes.length === 0
      ? undefined
      : markup`<path class="time s${index + 1}" d="${shapes.join('')}" />`;
  });
  const beside = markup`<text x="${BESIDE_WIDTH - 8}" y="${y + 11}">${coreName(coreId)}</text>`;
  return joined([beside, ...shades.filter((shade) => shade !== undefined)]);
}

/** 0 for none, and up to `SHADES` by the logarithm of the count. */
function shadeOf(count: number, most: number): number {
  return count === 0 ? 0 : Math.max(1, Math.ceil((SHADES * Math.log1p(count)) / Math.log1p(most)));
}

function coreRow({ coreId, records, firstMs, lastMs }: CoreTimeline): Html {
  return rowOf(coreName(coreId), [records, isoText(firstMs), isoText(lastMs)]);
}

function countTable(timeline: Timeline, name: string, unit: string): Html {
  const { cores } = timeline;
  const names = ['From (UTC)', ...cores.map(({ coreId }) => coreName(coreId))];
  const rows = cores[0]!.columns.map((_, column) =>
    rowOf(
      timeText(timeline, column),
      cores.map(({ columns }) => columns[column]),
    ),
  );
  const table = tableIn(`Records by time and core in ${name}`, names, rows);
  return markup`<details><summary>Counts by columns of ${unit}</summary>${table}</details>`;
}

function coreName(coreId: number | undefined): string {
  return coreId === undefined ? 'other cores' : `core ${coreId}`;
}

function timeText({ startMs, columnMinutes }: Timeline, column: number): string {
  return new Date(startMs + column * columnMinutes * MINUTE_MS).toISOString().slice(0, 16).replace('T', ' ');
}

function isoText(ms: number): string {
  return new Date(ms).toISOString();
}
