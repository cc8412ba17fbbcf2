import type { Finding } from '../../engine/finding.js';
import { STANDARD_INPUT_NAME } from '../../engine/bytes/text/command-hints.js';
import type { StatelogError } from '../../engine/errors.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { ReportFile } from '../../engine/transfer/report-file.js';
import { sourceDate } from '../command/source-date.js';
import { isUrl } from '../command/url-text.js';
import { errorLine } from '../errors/error-rendering.js';
import { EXIT_CODES, worseExitCode, type ExitCode } from '../errors/exit-codes.js';
import { usageError } from '../errors/usage-error.js';
import { verdictOf } from '../output/verify/verify-output.js';
import { FindingBytes } from './finding-bytes.js';
import { cutText, markup, type Html } from './html.js';
import { PageRooms } from './page-rooms.js';
import { PathReport } from './path-report.js';
import { pageText, tableIn } from './report-page.js';
import { timelinePicture } from './timeline-picture.js';

const NAME_UNITS_MAX = 300;
const ERROR_UNITS_MAX = 1_000;
const STANDARD_OUTPUT_NAME = '-';

/** How a report is made. */
export interface VerifyReportOptions {
  /** Shows the bytes of values, too. */
  readonly showsValues: boolean;
  /** The release of statelog. */
  readonly version: string;
}

/** The page of `verify --report`: one file that needs nothing else, of less than 1 MiB whatever was verified. */
export class VerifyReport {
  readonly #file: ReportFile;
  readonly #options: VerifyReportOptions;
  readonly #rooms = new PageRooms();
  readonly #totals = { damage: 0, torn: 0, notices: 0 };
  readonly #rows: Html[] = [];
  readonly #sections: Html[] = [];
  /** The classes that each hint is for; a hint for which there was no room has none. */
  readonly #hints = new Map<string, Set<Finding['class']>>();
  /** The path that is being verified. */
  #open: PathReport | undefined;
  #paths = 0;
  #exitCode: ExitCode = EXIT_CODES.done;

  private constructor(file: ReportFile, options: VerifyReportOptions) {
    this.#file = file;
    this.#options = options;
  }

  /**
   * Looks at the file before any work.
   * @param paths what is verified: neither it nor anything in it is written over
   * @throws StatelogError as `ReportFile.at`; `INVALID_ARGUMENT` for `-`
   */
  static at(file: string, paths: readonly string[], options: VerifyReportOptions): VerifyReport {
    if (file === STANDARD_OUTPUT_NAME) {
      throw usageError('a report is a file of its own', 'name one, as report.html');
    }
    const kept = paths.filter((path) => path !== STANDARD_INPUT_NAME && !isUrl(path));
    return new VerifyReport(ReportFile.at(file, kept), options);
  }

  /** Gathers what verifying a path tells. */
  start(path: string, fileSystem: FileSystem): PathReport {
    const redact = !this.#options.showsValues;
    const bytes = new FindingBytes(fileSystem, path, { redact });
    const onHint = (finding: Finding): void => {
      this.#keepHint(finding);
    };
    this.#open = new PathReport(path, `p${this.#paths}`, this.#rooms, { bytes, onHint });
    return this.#open;
  }

  /** Takes the outcome of a path, and what was gathered of it, if it could be opened. */
  finish(path: string, exitCode: ExitCode, error?: StatelogError): void {
    const report = this.#open;
    this.#open = undefined;
    const id = `p${this.#paths}`;
    this.#paths += 1;
    this.#exitCode = worseExitCode(this.#exitCode, exitCode);
    for (const { severity, count } of report?.classes.values() ?? []) {
      this.#totals[severity === 'notice' ? 'notices' : severity] += count;
    }
    const name = cutText(path, NAME_UNITS_MAX, true);
    const row = markup`<tr><th scope="row"><a href="#${id}">${name}</a></th>${cellsOf(report)}<td>${exitCode}</td></tr>`;
    const said =
      error === undefined ? undefined : markup`<p>${cutText(errorLine(error), ERROR_UNITS_MAX)}</p>`;
    const head = markup`<section aria-labelledby="${id}"><h2 id="${id}">${name}</h2>${said}${classesOf(report, name)}`;
    if (!this.#rooms.paths.take(markup`${row}${head}`)) return;
    this.#rows.push(row);
    this.#sections.push(markup`${head}${this.#partsOf(report, id)}</section>`);
  }

  /**
   * Writes the page, whole or not at all.
   * @throws StatelogError what writing throws
   */
  async write(): Promise<void> {
    const hints = [...this.#hints].flatMap(([hint, classes]) =>
      classes.size === 0 ? [] : [markup`<li>${[...classes].join(', ')}: <code>${hint}</code></li>`],
    );
    await this.#file.write(
      pageText({
        exitCode: this.#exitCode,
        paths: this.#paths,
        totals: this.#totals,
        rows: this.#rows,
        sections: this.#sections,
        hints,
        rooms: this.#rooms,
        ...this.#options,
        madeAtUnix: sourceDate(),
      }),
    );
  }

  #partsOf(report: PathReport | undefined, id: string): Html {
    const timeline = report?.timeline.timeline;
    const picture =
      timeline === undefined ? undefined : timelinePicture(timeline, `${id}t`, this.#rooms.timelines);
    return markup`${picture}${report?.faulty}${goodFilesOf(report)}`;
  }

  #keepHint({ hint, class: kind }: Finding): void {
    if (hint === undefined) return;
    const classes = this.#hints.get(hint);
    if (classes !== undefined) classes.add(kind);
    // A command that is cut would not be the command: it is there whole, or not.
    else if (
      this.#rooms.hints.isOpen &&
      this.#rooms.hints.take(markup`<li>${CLASS_ROOM}<code>${hint}</code></li>`)
    )
      this.#hints.set(hint, new Set([kind]));
  }
}

/** As long as the names of the classes that a hint may be for. */
const CLASS_ROOM = ' '.repeat(512);

function cellsOf(report: PathReport | undefined): Html {
  const summary = report?.result;
  if (summary === undefined)
    return markup`<td>not read to its end</td><td></td><td></td><td></td><td></td><td></td><td></td><td></td><td></td><td></td>`;
  const { kind = 'unknown', files, bytes, records, recordsBehind, keys, damage, torn, notices } = summary;
  const cells = [verdictOf(summary), kind, files, bytes, records, recordsBehind, keys, damage, torn, notices];
  return markup`${cells.map((cell) => markup`<td>${cell}</td>`)}`;
}

/** How many findings there are of each class: all of them, whatever has room below. */
function classesOf(report: PathReport | undefined, name: string): Html | undefined {
  if (report === undefined || report.classes.size === 0) return undefined;
  const head = ['Severity', 'Class', 'Findings', 'Bytes'].map((text) => markup`<th scope="col">${text}</th>`);
  const rows = [...report.classes.values()].map(
    ({ severity, class: kind, count, bytes }) =>
      markup`<tr><td class="${severity}">${severity}</td><th scope="row">${kind}</th><td>${count}</td><td>${bytes}</td></tr>`,
  );
  return tableIn(`Findings by class in ${name}`, head, rows);
}

function goodFilesOf(report: PathReport | undefined): Html | undefined {
  if (report === undefined || report.goodFiles.length === 0) return undefined;
  const head = ['File', 'Size'].map((text) => markup`<th scope="col">${text}</th>`);
  return markup`<details><summary>Files in which all is good</summary>${tableIn('Good files', head, report.goodFiles)}</details>`;
}
