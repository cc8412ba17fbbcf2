import {
  CELL_STATES,
  type Cell,
  type CellState,
  type FileMap,
} from '../../../engine/inspect/verify/file-map.js';
import { formatSize } from '../../values/size-text.js';
import { rowsOf, ROWS_MAX } from '../../output/verify/map-rows.js';
import { markup, joined, type Html } from '../page/html.js';

/** Columns of a map, those of the offset and the time beside each row among them. */
const MAP_COLUMNS = 149;
const CELLS_A_BLOCK = 8;
/** How many fine cells a file is to be cut into. */
export const PICTURE_CELLS = MAP_COLUMNS * ROWS_MAX * CELLS_A_BLOCK;
const CELL_WIDTH = 6;
const ROW_HEIGHT = 20;
const ROW_STEP = 30;
const BESIDE_WIDTH = 170;
const MARK_SIZE = 4;
/** A part that is damaged in part is filled to one of so many heights. */
const HEIGHTS = 8;
const RANGES_MAX = 12;
const MARKS_MAX = 60;

/** A file as a picture, and the same in words. */
export interface MapPicture {
  readonly picture: Html;
  readonly words: Html;
}

/** A run of cells that look alike. */
interface Run {
  readonly state: CellState;
  /** How much of it is good, in eighths. */
  readonly height: number;
  readonly start: number;
  end: number;
}

/**
 * A file drawn as rows of its bytes, each cell as many: good ones, holes, slack, torn and damaged ones, and a mark under each
 * place where something was found. Its size does not grow with the file's.
 * @param id of its title, in the page
 * @param name of the file, as text
 * @param places offsets at which something was found
 */
export function mapPicture(map: FileMap, id: string, name: string, places: readonly number[]): MapPicture {
  const { rows, span } = rowsOf(map, MAP_COLUMNS);
  const cells = rows.flatMap((row) => row.cells);
  const width = rows[0]?.cells.length ?? 0;
  const parts = rows.map((row, index) => {
    const y = index * ROW_STEP;
    const beside = markup`<text x="${BESIDE_WIDTH - 8}" y="${y + 15}">${row.beside.trim()}</text>`;
    return markup`${beside}${rowShapes(row.cells, y)}`;
  });
  const marks = placeMarks(places, map.bytes, cells.length, width);
  const widthOfAll = BESIDE_WIDTH + width * CELL_WIDTH + MARK_SIZE;
  const about = [formatSize(map.bytes), ...(span === undefined ? [] : [span])].join(', ');
  const words = wordsOf(cells, map.bytes);
  const picture = markup`<svg role="img" aria-labelledby="${id}-t ${id}-d" viewBox="0 0 ${widthOfAll} ${rows.length * ROW_STEP}" style="max-width:${widthOfAll}px" ><title id="${id}-t">Map of ${name}, ${about}</title><desc id="${id}-d">${words}</desc>${parts}${marks}</svg>`;
  return { picture, words: markup`<p>${words}</p>` };
}

function rowShapes(cells: readonly Cell[], y: number): Html {
  const runs = runsOf(cells);
  const ofState = CELL_STATES.map((state) => {
    const shapes = runs.filter((run) => run.state === state).map((run) => box(run, y, ROW_HEIGHT));
    return shapes.length === 0 ? undefined : markup`<path class="${state}" d="${shapes.join('')}" />`;
  });
  const inPart = runs.filter(({ state, height }) => state === 'damaged' && height > 0);
  const good = inPart.map((run) => {
    const filled = (run.height * ROW_HEIGHT) / HEIGHTS;
    return box(run, y + ROW_HEIGHT - filled, filled);
  });
  const share = good.length === 0 ? undefined : markup`<path class="good" d="${good.join('')}" />`;
  return joined([...ofState, share].filter((shape) => shape !== undefined));
}

function box({ start, end }: Run, y: number, height: number): string {
  const width = (end - start) * CELL_WIDTH;
  return `M${BESIDE_WIDTH + start * CELL_WIDTH} ${y}h${width}v${height}h${-width}z`;
}

function runsOf(cells: readonly Cell[]): Run[] {
  const runs: Run[] = [];
  for (const [index, { state, good }] of cells.entries()) {
    // Never so high that it could be taken for a good one.
    const height = state === 'damaged' ? Math.min(HEIGHTS - 2, Math.ceil(good * HEIGHTS)) : 0;
    const last = runs.at(-1);
    if (last?.state === state && last.height === height) last.end = index + 1;
    else runs.push({ state, height, start: index, end: index + 1 });
  }
  return runs;
}

function placeMarks(places: readonly number[], bytes: number, cells: number, width: number): Html {
  const at = places.slice(0, MARKS_MAX).map((offset) => {
    const cell = Math.max(0, Math.min(cells - 1, Math.floor((offset * cells) / bytes)));
    const x = BESIDE_WIDTH + (cell % width) * CELL_WIDTH + CELL_WIDTH / 2;
    const y = Math.floor(cell / width) * ROW_STEP + ROW_HEIGHT + 1;
    return `M${x} ${y}l${MARK_SIZE} ${MARK_SIZE + 2}h${-2 * MARK_SIZE}z`;
  });
  return markup`<path class="mark" d="${[...new Set(at)].join('')}" />`;
}

/** The map for who does not see it: shares, and the ranges that are not good. */
function wordsOf(cells: readonly Cell[], bytes: number): string {
  const shares = CELL_STATES.flatMap((state) => {
    const share = cells.reduce((sum, cell) => sum + shareOf(cell, state), 0) / cells.length;
    return share > 0 ? [`${state} ${percent(share)}`] : [];
  });
  const faulty = joinedRuns(cells).filter(({ state }) => state === 'torn' || state === 'damaged');
  const offset = (cell: number): string => formatSize(Math.floor((cell * bytes) / cells.length));
  const ranges = faulty
    .slice(0, RANGES_MAX)
    .map(({ state, start, end }) => `${state} between ${offset(start)} and ${offset(end)}`);
  const more = faulty.length - ranges.length;
  const list = [...ranges, ...(more > 0 ? [`and ${more} ranges more`] : [])].join('; ');
  return `Of its bytes: ${shares.join(', ')}.${list === '' ? '' : ` Parts that are not good: ${list}.`}`;
}

/** Runs by state alone. */
function joinedRuns(cells: readonly Cell[]): Run[] {
  return runsOf(cells.map(({ state }) => ({ state, good: 0 })));
}

function shareOf({ state, good }: Cell, wanted: CellState): number {
  const isFaulty = state === 'damaged' || state === 'torn';
  if (!isFaulty) return state === wanted ? 1 : 0;
  if (wanted === 'good') return good;
  return state === wanted ? 1 - good : 0;
}

function percent(share: number): string {
  const text = (share * 100).toFixed(1);
  return share < 1 && text === '100.0'
    ? 'more than 99.9 %'
    : text === '0.0'
      ? 'less than 0.1 %'
      : `${text} %`;
}
