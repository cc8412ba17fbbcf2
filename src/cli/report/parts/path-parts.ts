import { CELL_STATES, type CellState } from '../../../engine/inspect/verify/file-map.js';
import { markup, type Html } from '../page/html.js';
import type { PageRooms } from '../page/page-rooms.js';
import { section, tableIn } from '../page/report-page.js';
import type { PathReport } from './path-report.js';
import { timelinePicture } from './timeline-picture.js';

const LEGEND: Readonly<Record<CellState, string>> = {
  good: 'good',
  hole: 'holes that values left',
  slack: 'slack behind all that is in use',
  torn: 'a torn end',
  damaged: 'damaged; the green part of it is good',
};

/** How many findings there are of each class: all of them, whatever has room below. */
export function classTable(report: PathReport | undefined, name: string): Html | undefined {
  if (report === undefined || report.classes.size === 0) return undefined;
  const rows = [...report.classes.values()].map(
    ({ severity, class: kind, count, bytes }) =>
      markup`<tr><td class="${severity}">${severity}</td><th scope="row">${kind}</th><td>${count}</td><td>${bytes}</td></tr>`,
  );
  return tableIn(`Findings by class in ${name}`, ['Severity', 'Class', 'Findings', 'Bytes'], rows);
}

/** The records of a path in time, its files in which something is wrong, and the names of the others. */
export function pathParts(
  report: PathReport | undefined,
  id: string,
  name: string,
  { timelines }: PageRooms,
): Html {
  const timeline = report?.timeline.timeline;
  const picture = timeline === undefined ? undefined : timelinePicture(timeline, `${id}t`, name, timelines);
  return markup`${picture}${report?.faulty}${goodFilesOf(report, name)}`;
}

function goodFilesOf(report: PathReport | undefined, name: string): Html | undefined {
  if (report === undefined || report.goodFiles.length === 0) return undefined;
  const table = tableIn(`Good files in ${name}`, ['File', 'Size'], report.goodFiles);
  const heading = report.isCutShort
    ? 'Files that were read before that, with nothing wrong in them'
    : 'Files in which all is good';
  return markup`<details><summary>${heading}</summary>${table}</details>`;
}

/** The way in which the maps of a page are to be read, where it has any. */
export function legendPart(hasMaps: boolean): Html | undefined {
  if (!hasMaps) return undefined;
  const items = CELL_STATES.map(
    (state) =>
      markup`<li><svg viewBox="0 0 16 12" aria-hidden="true"><path class="${state}" d="M0 0h16v12h-16z" /></svg> ${LEGEND[state]}</li>`,
  );
  return section(
    'legend',
    'Reading the maps',
    markup`<p>A map is a file from its first byte to its last, row by row; beside each row stand its offset and, of a log, the time of its first record (UTC). A triangle marks a place where something was found.</p><ul class="legend">${items}</ul>`,
  );
}
