import type { Finding } from '../../../engine/finding.js';
import { isListed, type FindingGroup } from '../../output/verify/finding-groups.js';
import type { FindingBytes } from './finding-bytes.js';
import { cutText, markup, type Html } from '../page/html.js';
import type { PageRooms } from '../page/page-rooms.js';

const MESSAGE_UNITS_MAX = 600;
const NAME_UNITS_MAX = 300;
/** Faults of one file whose bytes are in a page. */
const DUMPS_MAX = 24;

/** How the findings of one file, or of several, are shown. */
export interface FindingTableOptions {
  /** For the table's name. */
  readonly about: string;
  /** Whether each finding names its file. */
  readonly isNamed: boolean;
  /** Undefined where nothing can be read any more. */
  readonly bytes: FindingBytes | undefined;
  readonly rooms: PageRooms;
}

/** A table of findings, with the bytes of the first of them below it. */
export function findingTable(groups: readonly FindingGroup[], options: FindingTableOptions): Html {
  const { rooms, about, bytes, isNamed } = options;
  const all = groups.flatMap(({ first }) => first);
  const beside: BesideColumns = {
    lastGood: all.some(({ lastGood }) => lastGood !== undefined),
    nextGood: all.some(({ nextGood }) => nextGood !== undefined),
  };
  const rows: Html[] = [];
  const dumps: Html[] = [];
  for (const group of groups) {
    for (const { row, finding } of rowsOf(group, { ...options, beside })) {
      if (!rooms.findings.take(row)) continue;
      rows.push(row);
      if (dumps.length >= DUMPS_MAX || !rooms.dumps.isOpen) continue;
      const dump = bytes?.dump(finding);
      if (dump !== undefined && rooms.dumps.take(dump)) dumps.push(dump);
    }
  }
  if (rows.length === 0) return markup``;
  const names = [
    'Severity',
    'Class',
    ...(isNamed ? ['File'] : []),
    'Place',
    'What it is',
    ...(beside.lastGood ? ['Good before'] : []),
    ...(beside.nextGood ? ['Good after'] : []),
  ];
  const head = names.map((name) => markup`<th scope="col">${name}</th>`);
  return markup`<section class="scroll" tabindex="0" aria-label="Findings ${about}"><table class="findings"><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></section>${dumps}`;
}

/** Whether any finding of a table knows a good record on that side of it. */
interface BesideColumns {
  readonly lastGood: boolean;
  readonly nextGood: boolean;
}

interface RowOptions extends FindingTableOptions {
  readonly beside: BesideColumns;
}

interface FindingRow {
  readonly row: Html;
  readonly finding: Finding;
}

/** A row for each of few findings; one for many in one place, and one for those that were not kept. */
function rowsOf(group: FindingGroup, options: RowOptions): FindingRow[] {
  const { first, count, bytes, from, to } = group;
  const [head] = first as readonly [Finding];
  if (isListed(group)) {
    const each = first.map((finding) => ({
      row: rowOf(finding, placeOf(finding), finding.message, options),
      finding,
    }));
    const more = count - first.length;
    if (more === 0) return each;
    return [
      ...each,
      { row: rowOf(head, 'elsewhere', `and ${more} more of this class`, options), finding: head },
    ];
  }
  const place = `${count} places, byte ${from} to ${to}, ${bytes} bytes in all`;
  return [
    { row: rowOf(head, place, `the first, at byte ${head.offset}: ${head.message}`, options), finding: head },
  ];
}

function placeOf({ offset, bytes }: Finding): string {
  return bytes === 0 ? `byte ${offset}` : `byte ${offset}, ${bytes} bytes`;
}

function rowOf(finding: Finding, place: string, message: string, options: RowOptions): Html {
  const { severity, class: kind, file, expected, found, lastGood, nextGood } = finding;
  const compared = expected === undefined ? '' : ` (expected ${expected}, found ${found ?? 'nothing'})`;
  const name = options.isNamed ? markup`<td>${cutText(file, NAME_UNITS_MAX, true)}</td>` : undefined;
  const beside = [
    ...(options.beside.lastGood ? [lastGood] : []),
    ...(options.beside.nextGood ? [nextGood] : []),
  ].map((offset) => neighbour(file, offset, options.bytes));
  return markup`<tr><td class="${severity}">${severity}</td><th scope="row">${kind}</th>${name}<td>${place}</td><td class="what">${cutText(message + compared, MESSAGE_UNITS_MAX)}</td>${beside}</tr>`;
}

/** The good record on one side of a gap, as far as it is known. */
function neighbour(file: string, offset: number | undefined, bytes: FindingBytes | undefined): Html {
  if (offset === undefined) return markup`<td class="beside">–</td>`;
  const words = bytes?.record(file, offset);
  return markup`<td class="beside">byte ${offset}${words === undefined ? undefined : markup`<br>${words}`}</td>`;
}
