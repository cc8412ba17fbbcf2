import type { Finding } from '../../../engine/finding.js';
import type { FileMap } from '../../../engine/inspect/verify/file-map.js';
import { RecordTimeline } from '../../../engine/inspect/verify/record-timeline.js';
import type { VerifySummary } from '../../../engine/inspect/verify/verify-path.js';
import { formatSize } from '../../values/size-text.js';
import { FindingGroups } from '../../output/verify/finding-groups.js';
import type { VerifyOutput } from '../../output/verify/verify-output.js';
import type { FindingBytes } from './finding-bytes.js';
import { findingTable } from './finding-table.js';
import { cutText, markup, joined, type Html } from '../page/html.js';
import { rowOf } from '../page/report-page.js';
import { mapPicture, PICTURE_CELLS } from './map-picture.js';
import type { PageRooms } from '../page/page-rooms.js';

const NAME_UNITS_MAX = 300;
/** Files about which findings are kept until they are drawn, or the end; those of all others are kept as of one. */
const FILES_MAX = 1_000;

/** Findings of one severity and class. */
export interface ClassCount {
  readonly severity: Finding['severity'];
  readonly class: Finding['class'];
  count: number;
  bytes: number;
}

/**
 * Gathers what verifying one path tells, as pieces of a page. Memory is bounded, however much is told: each file
 * becomes a piece as soon as it was read.
 */
export class PathReport implements VerifyOutput {
  readonly path: string;
  readonly timeline = new RecordTimeline();
  readonly classes = new Map<string, ClassCount>();
  readonly faulty: Html[] = [];
  readonly goodFiles: Html[] = [];
  /** Whether a map is among its parts. */
  hasMaps = false;
  /** True where an error ended the reading. */
  isCutShort = false;
  /** Undefined where the path could not be read to its end. */
  result: VerifySummary | undefined;
  readonly #id: string;
  readonly #rooms: PageRooms;
  readonly #onHint: (finding: Finding) => void;
  readonly #bytes: FindingBytes;
  readonly #found = new Map<string, FindingGroups>();

  /**
   * @param id begins the names of its parts in the page
   * @param onHint takes each finding that says what to run
   */
  constructor(
    path: string,
    id: string,
    rooms: PageRooms,
    parts: { readonly bytes: FindingBytes; readonly onHint: (finding: Finding) => void },
  ) {
    this.path = path;
    this.#id = id;
    this.#rooms = rooms;
    this.#bytes = parts.bytes;
    this.#onHint = parts.onHint;
  }

  readonly map = {
    cells: PICTURE_CELLS,
    onFile: (map: FileMap): void => {
      this.#drawFile(map);
    },
  };

  finding(finding: Finding): void {
    const { severity, class: kind, bytes, file, hint, more } = finding;
    const name = `${severity} ${kind}`;
    const counted = this.classes.get(name) ?? { severity, class: kind, count: 0, bytes: 0 };
    counted.count += more?.places ?? 1;
    counted.bytes += bytes;
    this.classes.set(name, counted);
    const place = this.#found.has(file) || this.#found.size < FILES_MAX ? file : '';
    const groups = this.#found.get(place) ?? new FindingGroups();
    this.#found.set(place, groups);
    groups.add(finding);
    if (hint !== undefined) this.#onHint(finding);
  }

  summary(summary: VerifySummary): void {
    this.result = summary;
    this.giveUp();
  }

  giveUp(): void {
    const left = [...this.#found.values()].flatMap((groups) => groups.all);
    this.#found.clear();
    if (left.length === 0) return;
    const path = cutText(this.path, NAME_UNITS_MAX, true);
    const about = `that are in no map of ${path}`;
    const table = findingTable(left, { about, isNamed: true, bytes: this.#bytes, rooms: this.#rooms });
    this.faulty.push(markup`<section><h3>Other findings</h3>${table}</section>`);
  }

  #drawFile(map: FileMap): void {
    const groups = this.#found.get(map.path)?.all ?? [];
    const name = cutText(this.#nameOf(map.path), NAME_UNITS_MAX, true);
    if (groups.length === 0 && !map.isFaulty && map.path !== this.path) {
      const row = rowOf(name, [formatSize(map.bytes)]);
      if (this.#rooms.goodFiles.take(row)) this.goodFiles.push(row);
      return;
    }
    const frame = this.#frameOf(
      map,
      name,
      groups.flatMap(({ first }) => first.flatMap(({ offset, bytes }) => (bytes > 0 ? [offset] : []))),
    );
    if (frame === undefined) return;
    this.#found.delete(map.path);
    const options = {
      about: `in ${cutText(map.path, NAME_UNITS_MAX, true)}`,
      isNamed: false,
      bytes: this.#bytes,
      rooms: this.#rooms,
    };
    this.faulty.push(joined([frame, findingTable(groups, options), markup`</section>`]));
  }

  /** A file's head and picture; undefined where there is no room for it. */
  #frameOf(map: FileMap, name: string, places: readonly number[]): Html | undefined {
    if (!this.#rooms.pictures.isOpen) {
      this.#rooms.pictures.leave();
      return undefined;
    }
    const id = `${this.#id}f${this.faulty.length}`;
    const head = markup`<section><h3>${name}</h3>`;
    if (map.bytes === 0) return this.#taken(markup`${head}<p>It is empty.</p>`);
    const { picture, words } = mapPicture(map, `${id}m`, name, places);
    return this.#taken(markup`${head}<figure>${picture}<figcaption>${words}</figcaption></figure>`);
  }

  #taken(frame: Html): Html | undefined {
    if (!this.#rooms.pictures.take(frame)) return undefined;
    this.hasMaps = true;
    return frame;
  }

  #nameOf(path: string): string {
    if (path.startsWith(`${this.path}/`)) return path.slice(this.path.length + 1);
    return path.slice(path.lastIndexOf('/') + 1);
  }
}
