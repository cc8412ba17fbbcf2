import type { StatelogError } from '../../engine/errors.js';
import type { LostChange, LostKey } from '../../engine/repair/account/report.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { EXIT_CODE_MEANINGS, EXIT_CODES, worseExitCode, type ExitCode } from '../errors/exit-codes.js';
import { verdictOf } from '../output/verify/verify-output.js';
import { countedText } from '../text/counted-text.js';
import { cutText, markup, type Html } from './page/html.js';
import { PageRooms } from './page/page-rooms.js';
import { rowOf, section, tableIn } from './page/report-page.js';
import { errorPart } from './parts/error-part.js';
import { FindingBytes } from './parts/finding-bytes.js';
import { HintList } from './parts/hint-list.js';
import { LostKeyList } from './parts/lost-key-list.js';
import { classTable, legendPart, pathParts } from './parts/path-parts.js';
import { PathReport } from './parts/path-report.js';
import type { ReportTarget } from './report-target.js';

const NAME_UNITS_MAX = 300;
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
const HEADLINES: Partial<Readonly<Record<ExitCode, string>>> = {
  [EXIT_CODES.done]: 'All is good',
  [EXIT_CODES.damage]: 'Damage was found',
  [EXIT_CODES.tornTail]: 'A last write was not finished',
  [EXIT_CODES.inputOutput]: 'Not everything could be read',
  [EXIT_CODES.foreign]: 'Not all of this is ours to read',
};

/** The content of a page after `verify`. */
export interface VerifyContent {
  readonly headline: string;
  readonly exitCode: ExitCode;
  readonly sums: string;
  readonly parts: readonly Html[];
  readonly rooms: PageRooms;
}

/** The page of `verify --report`: one file that needs nothing else, of less than 1 MiB whatever was verified. */
export class VerifyReport {
  readonly #redact: boolean;
  readonly #rooms = new PageRooms();
  readonly #totals = { damage: 0, torn: 0, notices: 0 };
  readonly #rows: Html[] = [];
  readonly #sections: Html[] = [];
  readonly #hints = new HintList(this.#rooms.hints);
  /** The path that is being verified, and the keys that its damage takes. */
  #open: { readonly report: PathReport; readonly lostKeys: LostKeyList } | undefined;
  #paths = 0;
  #hasMaps = false;
  #exitCode: ExitCode = EXIT_CODES.done;

  /** @param showsValues shows the bytes of values, too */
  constructor(showsValues: boolean) {
    this.#redact = !showsValues;
  }

  /** Gathers what verifying a path tells. */
  start(path: string, fileSystem: FileSystem): PathReport {
    const redact = this.#redact;
    const bytes = new FindingBytes(fileSystem, path, { redact });
    const onHint = this.#hints.keep.bind(this.#hints);
    const report = new PathReport(path, `p${this.#paths}`, this.#rooms, { bytes, onHint });
    this.#open = { report, lostKeys: new LostKeyList(this.#rooms.keys, 'utf8') };
    return report;
  }

  /** Takes a key that a repair of the path would lose the last change of. */
  lostKey(lost: LostKey | LostChange): void {
    this.#open?.lostKeys.add(lost);
  }

  /** Takes the outcome of a path, and what was gathered of it, if it could be opened. */
  finish(path: string, exitCode: ExitCode, error?: StatelogError): void {
    const { report, lostKeys } = this.#open ?? {};
    this.#open = undefined;
    const id = `p${this.#paths}`;
    this.#paths += 1;
    this.#exitCode = worseExitCode(this.#exitCode, exitCode);
    for (const { severity, count } of report?.classes.values() ?? []) {
      this.#totals[severity === 'notice' ? 'notices' : severity] += count;
    }
    const name = cutText(path, NAME_UNITS_MAX, true);
    const row = rowOf(markup`<a href="#${id}">${name}</a>`, [...cellsOf(report), exitCode]);
    if (report !== undefined) report.isCutShort = error !== undefined;
    const said = error === undefined ? undefined : errorPart(error);
    const head = markup`<section aria-labelledby="${id}"><h2 id="${id}">${name}</h2>${said}${classTable(report, name)}`;
    if (!this.#rooms.paths.take(markup`${row}${head}`)) return;
    this.#rows.push(row);
    this.#hasMaps ||= report?.hasMaps === true;
    const parts = [lostKeys?.inPath(name), pathParts(report, id, name, this.#rooms)];
    this.#sections.push(markup`${head}${parts.filter((part) => part !== undefined)}</section>`);
  }

  /** Writes the page, whole or not at all. @throws StatelogError what writing throws */
  async write(target: ReportTarget): Promise<void> {
    await target.write({ command: 'verify', ...this.content() });
  }

  /** All that was gathered, as a page has it. */
  content(): VerifyContent {
    const { damage, torn, notices } = this.#totals;
    const counts = [countedText(damage, 'damaged place'), `${torn} torn`, countedText(notices, 'notice')];
    const exitCode = this.#exitCode;
    return {
      exitCode,
      headline: HEADLINES[exitCode] ?? EXIT_CODE_MEANINGS[exitCode],
      sums: `In ${countedText(this.#paths, 'path')}: ${counts.join(', ')}.`,
      parts: [
        this.#summaryPart(),
        this.#hints.part('verify'),
        legendPart(this.#hasMaps),
        ...this.#sections,
      ].filter((part) => part !== undefined),
      rooms: this.#rooms,
    };
  }

  #summaryPart(): Html {
    const more = this.#paths - this.#rows.length;
    const rest = more > 0 ? markup`<p>and ${more} more: the sums above count them.</p>` : undefined;
    return section('summary', 'Summary', markup`${tableIn('Summary by path', COLUMNS, this.#rows)}${rest}`);
  }
}

function cellsOf(report: PathReport | undefined): (string | number)[] {
  const summary = report?.result;
  if (summary === undefined) return ['not read to its end', ...Array<string>(COLUMNS.length - 3).fill('–')];
  const { kind = 'unknown', files, bytes, records, recordsBehind, keys, damage, torn, notices } = summary;
  return [verdictOf(summary), kind, files, bytes, records, recordsBehind, keys, damage, torn, notices];
}
