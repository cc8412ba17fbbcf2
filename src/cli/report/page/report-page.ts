import { EXIT_CODE_MEANINGS, type ExitCode } from '../../errors/exit-codes.js';
import { Html, markup, type HtmlValue } from './html.js';
import { PAGE_STYLE } from './page-style.js';
import type { PageRooms } from './page-rooms.js';

/** The most that a page has, in bytes. */
export const PAGE_BYTES_MAX = 1024 * 1024;

/** The content of the page of a report. */
export interface ReportPage {
  /** The command that it is of. */
  readonly command: string;
  /** The result, in a clause. */
  readonly headline: string;
  readonly exitCode: ExitCode;
  /** Sums, as a sentence behind what the exit code means. */
  readonly sums: string;
  /** Its sections, in order. */
  readonly parts: readonly Html[];
  readonly rooms: PageRooms;
  readonly showsValues: boolean;
  /** The release of statelog. */
  readonly version: string;
  /** Seconds since the Unix epoch. */
  readonly madeAtUnix: number;
}

/** The whole page: what it comes to first, then its sections. It needs nothing from elsewhere. */
export function pageText(page: ReportPage): string {
  const { command, headline, exitCode, sums, parts, rooms, version, madeAtUnix } = page;
  const made = new Date(madeAtUnix * 1000).toISOString().replace('.000Z', 'Z');
  const policy = markup`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">`;
  const verdict = markup`<header><h1>${headline}</h1><p class="verdict x${exitCode}">Exit code ${exitCode}: ${EXIT_CODE_MEANINGS[exitCode]}. ${sums}</p></header>`;
  const values = page.showsValues
    ? 'Values are shown as they are.'
    : 'Values, and bytes in which one may lie, are left out; --show-values shows them.';
  const footer = markup`<footer><p>Made by statelog ${version} at ${made}. ${values} Keys and names of files are shown.</p></footer>`;
  return documentOf(
    `statelog ${command}: ${headline}`,
    policy,
    markup`${verdict}\n<main id="content">${parts}\n${leftOutPart(rooms, command)}</main>${footer}`,
  ).text;
}

/**
 * A document of its own: its title, its style, and what stands in it.
 * @param head stands in the head, before the title
 * @param content has a `main` with the id `content`
 */
export function documentOf(title: string, head: Html, content: Html): Html {
  return markup`<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">${head}<title>${title}</title><style>${new Html(PAGE_STYLE)}</style></head>\n<body><a class="skip" href="#content">To the content</a>${hatches()}${content}</body></html>\n`;
}

/** Told apart without colour, too. */
function hatches(): Html {
  const hatch = (state: string, turn: number): Html =>
    markup`<pattern id="hatch-${state}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(${turn})" ><rect width="6" height="6" style="fill:var(--${state})" /><path d="M0 0h6" style="stroke:var(--page);stroke-width:2" /></pattern>`;
  return markup`<svg class="defs" aria-hidden="true"><defs>${hatch('damaged', 45)}${hatch('torn', 0)}</defs></svg>`;
}

/** A section with a heading. @param id of the heading, in the page */
export function section(id: string, heading: string, content: HtmlValue): Html {
  return markup`<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>${content}</section>`;
}

/**
 * The commands that help, or nothing.
 * @param hints items of a list
 * @param leftOut how many had no room
 */
export function hintsPart(hints: readonly Html[], leftOut: number, command: string): Html {
  if (hints.length === 0) return markup``;
  const rest = leftOut > 0 ? markup`<p>and more: statelog ${command} prints them.</p>` : undefined;
  return section('run', 'What to run', markup`<ul>${hints}</ul>${rest}`);
}

function leftOutPart(rooms: PageRooms, command: string): Html {
  const { paths, timelines, pictures, findings, dumps, goodFiles, keys, outcomes } = rooms;
  const left = [
    [paths, 'sections of paths'],
    [timelines, 'timelines'],
    [pictures, 'maps of files'],
    [findings, 'rows of findings'],
    [dumps, 'hexdumps'],
    [goodFiles, 'rows of good files'],
    [keys, 'rows of keys'],
    [outcomes, 'lines about single places'],
  ] as const;
  const items = left
    .filter(([room]) => room.leftOut > 0)
    .map(([room, name]) => {
      // Keys that damage takes are told by the repair.
      const teller = room === keys && command === 'verify' ? 'repair PATH --into NEW --dry-run' : command;
      return markup`<li>${name}: <code>statelog ${teller} --json</code> prints every one</li>`;
    });
  if (items.length === 0) return markup``;
  const said = markup`<p>A page stays under 1 MiB. Some of these are not in it; all counts are.</p>`;
  return section('left', 'What had no room', markup`${said}<ul>${items}</ul>`);
}

/**
 * A table that scrolls sideways where it is wide, and can be reached by keyboard.
 * @param label its name for who hears the page: no other region of the page has it
 */
export function tableIn(label: string, columns: readonly string[], rows: readonly Html[]): Html {
  const head = columns.map((name) => markup`<th scope="col">${name}</th>`);
  return markup`<section class="scroll" tabindex="0" aria-label="${label}"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></section>`;
}

/** Text that may break anywhere: a path, or a digest, which would make its column wide. */
export function breakable(text: string): Html {
  return markup`<span class="any">${text}</span>`;
}

/** Text that does not break. */
export function onOneLine(text: string): Html {
  return markup`<span class="one">${text}</span>`;
}

/** A row of a table: its first cell names it. */
export function rowOf(name: HtmlValue, cells: readonly HtmlValue[]): Html {
  return markup`<tr><th scope="row">${name}</th>${cells.map((cell) => markup`<td>${cell}</td>`)}</tr>`;
}
