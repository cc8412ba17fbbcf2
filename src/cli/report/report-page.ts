import { CELL_STATES, type CellState } from '../../engine/inspect/verify/file-map.js';
import { EXIT_CODE_MEANINGS, EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import { countedText } from '../text/counted-text.js';
import { Html, markup, type HtmlValue } from './html.js';
import { PAGE_STYLE } from './page-style.js';
import type { PageRooms } from './page-rooms.js';

/** The most that a page has, in bytes. */
export const PAGE_BYTES_MAX = 1024 * 1024;

/** The content of the page of a report. */
export interface ReportPage {
  readonly exitCode: ExitCode;
  readonly paths: number;
  /** Findings of all paths, by severity. */
  readonly totals: { readonly damage: number; readonly torn: number; readonly notices: number };
  /** A row of the summary for each path, and a section. */
  readonly rows: readonly Html[];
  readonly sections: readonly Html[];
  readonly hints: readonly Html[];
  readonly rooms: PageRooms;
  readonly showsValues: boolean;
  readonly version: string;
  /** Seconds since the Unix epoch. */
  readonly madeAtUnix: number;
}

const COLUMNS = [
  'Path',
  'Verdict',
  'Kind',
  'Files',
  'Bytes',
  'Records',
  'Behind damage',
  'Keys',
  'Damaged',
  'Torn',
  'Notices',
  'Exit code',
];
const LEGEND: Readonly<Record<CellState, string>> = {
  good: 'good',
  hole: 'holes that values left',
  slack: 'slack behind all that is in use',
  torn: 'a torn end',
  damaged: 'damaged; filled as much as is good',
};
const HEADLINES: Partial<Readonly<Record<ExitCode, string>>> = {
  [EXIT_CODES.done]: 'All is good',
  [EXIT_CODES.damage]: 'Damage was found',
  [EXIT_CODES.tornTail]: 'A last write was not finished',
  [EXIT_CODES.inputOutput]: 'Not everything could be read',
  [EXIT_CODES.foreign]: 'Not all of this is ours to read',
};

/** The whole page: what it comes to first, then what to run, then each path. It needs nothing from elsewhere. */
export function pageText(page: ReportPage): string {
  const { exitCode, paths, totals, version, madeAtUnix } = page;
  const headline = HEADLINES[exitCode] ?? EXIT_CODE_MEANINGS[exitCode];
  const counts = [
    countedText(totals.damage, 'damaged place'),
    `${totals.torn} torn`,
    countedText(totals.notices, 'notice'),
  ].join(', ');
  const made = new Date(madeAtUnix * 1000).toISOString().replace('.000Z', 'Z');
  return markup`<!doctype html>\n<html lang="en"><head><meta charset="utf-8" /><meta name="viewport" content="width=device-width, initial-scale=1" /><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'" /><title>statelog verify: ${headline}</title><style>${new Html(PAGE_STYLE)}</style></head>\n<body><a class="skip" href="#content">To the content</a>${hatches()}<header><h1>${headline}</h1><p class="verdict x${exitCode}">Exit code ${exitCode}: ${EXIT_CODE_MEANINGS[exitCode]}. In ${countedText(paths, 'path')}: ${counts}.</p></header>\n<main id="content">${summaryPart(page)}${hintsPart(page)}${legendPart()}\n${page.sections}\n${leftOutPart(page.rooms)}</main><footer><p>Made by statelog ${version} at ${made}. ${page.showsValues ? 'Values are shown as they are.' : 'Bytes in which a value may lie are left out; --show-values shows them.'} Keys and names of files are shown.</p></footer></body></html>\n`
    .text;
}

/** Told apart without colour, too. */
function hatches(): Html {
  const hatch = (state: string, turn: number): Html =>
    markup`<pattern id="hatch-${state}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(${turn})" ><rect width="6" height="6" style="fill:var(--${state})" /><path d="M0 0h6" style="stroke:var(--page);stroke-width:2" /></pattern>`;
  return markup`<svg class="defs" aria-hidden="true"><defs>${hatch('damaged', 45)}${hatch('torn', 0)}</defs></svg>`;
}

function summaryPart({ rows, paths }: ReportPage): Html {
  const head = COLUMNS.map((name) => markup`<th scope="col">${name}</th>`);
  const more = paths - rows.length;
  const rest = more > 0 ? markup`<p>and ${more} more: the sums above count them.</p>` : undefined;
  return markup`<section aria-labelledby="summary"><h2 id="summary">Summary</h2>${tableIn('Summary', head, rows)}${rest}</section>`;
}

function hintsPart({ hints, rooms }: ReportPage): Html {
  if (hints.length === 0) return markup``;
  const more = rooms.hints.leftOut;
  const rest = more > 0 ? markup`<p>and more: statelog verify prints them.</p>` : undefined;
  return markup`<section aria-labelledby="run"><h2 id="run">What to run</h2><ul>${hints}</ul>${rest}</section>`;
}

function legendPart(): Html {
  const items = CELL_STATES.map(
    (state) =>
      markup`<li><svg viewBox="0 0 16 12" aria-hidden="true"><path class="${state}" d="M0 0h16v12h-16z" /></svg> ${LEGEND[state]}</li>`,
  );
  return markup`<section aria-labelledby="legend"><h2 id="legend">Reading the maps</h2><p>A map is a file from its first byte to its last, row by row; beside each row stand its offset and, of a log, the time of its first record (UTC). A triangle marks a place where something was found.</p><ul class="legend">${items}</ul></section>`;
}

function leftOutPart({ paths, timelines, pictures, findings, dumps, goodFiles }: PageRooms): Html {
  const left = [
    [paths, 'sections of paths'],
    [timelines, 'timelines'],
    [pictures, 'maps of files'],
    [findings, 'rows of findings'],
    [dumps, 'hexdumps'],
    [goodFiles, 'rows of good files'],
  ] as const;
  const items = left.filter(([room]) => room.leftOut > 0).map(([, name]) => markup`<li>${name}</li>`);
  if (items.length === 0) return markup``;
  return markup`<section aria-labelledby="left"><h2 id="left">What had no room</h2><p>A page stays under 1 MiB. Some of these are not in it; all counts are, and statelog verify --json prints every finding.</p><ul>${items}</ul></section>`;
}

/** A table that scrolls sideways where it is wide, and can be reached by keyboard. */
export function tableIn(label: string, head: HtmlValue, rows: readonly Html[]): Html {
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
