import { isStatelogError, type StatelogError } from '../../engine/errors.js';
import type { Finding } from '../../engine/finding.js';
import { verifyPath } from '../../engine/inspect/verify/verify-path.js';
import type { RepairEvent, RepairSummary } from '../../engine/repair/account/report.js';
import type { Comparison, RescueEvent } from '../../engine/repair/rescue.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import type { Encoding } from '../values/encoding.js';
import { exitCodeOf } from '../errors/error-rendering.js';
import { EXIT_CODE_MEANINGS, EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import { repairEventLine } from '../output/repair/repair-output.js';
import { comparisonText, evidenceText } from '../output/repair/rescue-output.js';
import { countedText } from '../text/counted-text.js';
import { lostKeysText, lostRecordsText } from '../text/lost-text.js';
import { cutText, markup, type Html } from './page/html.js';
import { PageRooms } from './page/page-rooms.js';
import { hintsPart, rowOf, section, tableIn } from './page/report-page.js';
import { withCommands } from './parts/command-words.js';
import { errorPart } from './parts/error-part.js';
import { FindingBytes } from './parts/finding-bytes.js';
import { LostKeyList } from './parts/lost-key-list.js';
import { classTable, legendPart, pathParts } from './parts/path-parts.js';
import { PathReport } from './parts/path-report.js';
import type { ReportTarget } from './report-target.js';

const LINE_UNITS_MAX = 1_000;
const ID = 'p';
const ALL_GOOD = 'All is good';
/** Findings that are known again. */
const TOLD_MAX = 10_000;

/** How the page of a repair or a rescue is made. */
export interface RepairReportOptions {
  readonly command: 'repair' | 'rescue';
  readonly path: string;
  readonly keyEncoding: Encoding;
  /** Reads what is repaired, to draw it. */
  readonly fileSystem: FileSystem;
}

/** A repair or a rescue that came to its end. */
export interface RepairOutcome {
  readonly summary: RepairSummary;
  readonly exitCode: ExitCode;
  /** Sentences that say what to run next. */
  readonly next: readonly string[];
}

/** The page of `repair --report` and `rescue --report`: what was wrong, what was lost, what was made, what to run. */
export class RepairReport {
  readonly #target: ReportTarget;
  readonly #options: RepairReportOptions;
  readonly #rooms = new PageRooms();
  readonly #path: PathReport;
  readonly #lostKeys: LostKeyList;
  readonly #evidence: Html[] = [];
  readonly #outcomes: Html[] = [];
  readonly #comparisons: Html[] = [];
  /** True once the source was read to be drawn. */
  #isDrawn = false;
  /** Findings of that reading, which a repair tells again. */
  readonly #told = new Set<string>();

  constructor(target: ReportTarget, options: RepairReportOptions) {
    const { fileSystem, path, keyEncoding } = options;
    const redact = !target.showsValues;
    this.#target = target;
    this.#options = options;
    this.#lostKeys = new LostKeyList(this.#rooms.keys, keyEncoding);
    this.#path = new PathReport(path, ID, this.#rooms, {
      bytes: new FindingBytes(fileSystem, path, { redact }),
      // A repair already does what the hint of a finding asks for.
      onHint: () => undefined,
    });
  }

  /** Reads the source to draw it, and takes the findings of that: before it is changed where it lies. */
  drawBefore(): void {
    this.#draw(true);
  }

  /** Takes one thing that the repair tells. */
  event(event: Exclude<RescueEvent, { readonly progress: unknown }>): void {
    if ('evidence' in event) this.#keepLine(this.#evidence, evidenceText(event.evidence));
    else if ('comparison' in event) this.#keepComparison(event.comparison);
    else if ('lostKey' in event) this.#lostKeys.add(event.lostKey);
    else if ('lostChange' in event) this.#lostKeys.add(event.lostChange);
    else if (!('finding' in event)) this.#keepOutcome(event);
    else if (!this.#told.has(placeOf(event.finding))) this.#path.finding(event.finding);
  }

  /** Writes the page of what was done, whole or not at all. @throws StatelogError what writing throws */
  async done({ summary, exitCode, next }: RepairOutcome): Promise<void> {
    const { kept, lost, into } = summary;
    const sums = `Kept ${countedText(kept.records, 'record')} and ${countedText(kept.keys, 'key')}; lost ${lostRecordsText(lost)}, ${lostKeysText(lost)}, ${lost.bytes} bytes.`;
    const table = tableIn('Summary of what was done', ['What', 'Result'], summaryRows(summary));
    const steps = next.map((step) => markup`<li>${withCommands(step)}</li>`);
    await this.#write(into, {
      headline: headlineOf(summary, exitCode),
      exitCode,
      sums,
      head: [section('summary', 'Summary', table), hintsPart(steps, 0, this.#options.command)],
    });
  }

  /** Writes the page of a repair that failed. @throws StatelogError what writing throws */
  async failed(error: StatelogError): Promise<void> {
    const exitCode = exitCodeOf(error);
    const headline = `Not done: ${EXIT_CODE_MEANINGS[exitCode]}`;
    const head = [section('summary', 'Summary', errorPart(error))];
    await this.#write(null, { headline, exitCode, sums: '', head });
  }

  async #write(
    made: string | null,
    {
      head,
      ...verdict
    }: { headline: string; exitCode: ExitCode; sums: string; head: readonly (Html | undefined)[] },
  ): Promise<void> {
    if (!this.#isDrawn) this.#draw(this.#path.classes.size === 0);
    this.#path.giveUp();
    const { command, path } = this.#options;
    const name = cutText(path, LINE_UNITS_MAX, true);
    const source = markup`${classTable(this.#path, name)}${pathParts(this.#path, ID, name, this.#rooms)}`;
    const parts = [
      ...head,
      listPart('made', 'Held against what was there', this.#comparisons),
      this.#lostKeys.byItself(name),
      listPart('outcomes', 'Single places', this.#outcomes),
      listPart('evidence', 'What is there, as each file says of itself', this.#evidence),
      legendPart(this.#path.hasMaps),
      section(ID, name, source),
    ].filter((part) => part !== undefined);
    await this.#target.write({ command, ...verdict, parts, rooms: this.#rooms }, made);
  }

  /** Maps and times are of the source as it lies; the findings are the repair's, where it told any. */
  #draw(takesFindings: boolean): void {
    const { fileSystem, path } = this.#options;
    const report = this.#path;
    this.#isDrawn = true;
    try {
      const steps = verifyPath(fileSystem, path, {
        quick: false,
        map: report.map,
        timeline: report.timeline,
      });
      for (const finding of steps) if (takesFindings) this.#takeDrawn(finding);
    } catch (error) {
      // The repair says what is wrong with a path that cannot be opened.
      if (!isStatelogError(error)) throw error;
    }
  }

  /** Takes a finding of the reading that is drawn. */
  #takeDrawn(finding: Finding): void {
    if (this.#told.size < TOLD_MAX) this.#told.add(placeOf(finding));
    this.#path.finding(finding);
  }

  #keepOutcome(event: Exclude<RepairEvent, { readonly progress: unknown }>): void {
    const { keyEncoding } = this.#options;
    this.#keepLine(
      this.#outcomes,
      repairEventLine(event, { json: false, keyEncoding, redact: !this.#target.showsValues }),
    );
  }

  #keepComparison(comparison: Comparison): void {
    this.#keepLine(this.#comparisons, comparisonText(comparison));
  }

  #keepLine(lines: Html[], text: string): void {
    const line = markup`<li>${cutText(text, LINE_UNITS_MAX)}</li>`;
    if (this.#rooms.outcomes.take(line)) lines.push(line);
  }
}

function placeOf({ severity, class: kind, file, offset }: Finding): string {
  return `${severity} ${kind} ${offset} ${file}`;
}

function listPart(id: string, heading: string, items: readonly Html[]): Html | undefined {
  return items.length === 0 ? undefined : section(id, heading, markup`<ul>${items}</ul>`);
}

function headlineOf(summary: RepairSummary, exitCode: ExitCode): string {
  const outcome = outcomeOf(summary, exitCode);
  return summary.dryRun && outcome !== ALL_GOOD ? `Nothing was written: ${uncapitalized(outcome)}` : outcome;
}

function outcomeOf({ gaps, lost, into, isWhole, copies }: RepairSummary, exitCode: ExitCode): string {
  if (gaps > 0 || lost.keys > 0) return isWhole ? 'What was damaged is made up for' : 'Something is lost';
  if (exitCode === EXIT_CODES.tornTail) return 'A last write was not finished';
  if (into !== null) return isWhole ? 'Nothing is lost' : 'An unfinished end is left out';
  return copies.length > 0 ? 'An unfinished last write was cut' : ALL_GOOD;
}

function uncapitalized(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function summaryRows(summary: RepairSummary): Html[] {
  const { path, kind, into, dryRun, kept, lost, mended, filled, gaps, torn, isWhole, copies } = summary;
  const keys = summary.keysEstimated ? ' (keys estimated)' : '';
  const rows: (readonly [string, string | number])[] = [
    ['Path', path],
    ['Kind', kind],
    ['New place', into ?? 'none'],
    ['Written', dryRun ? 'nothing: a dry run' : 'as asked'],
    [
      'Kept',
      amountText(kept.bytes, countedText(kept.records, 'record'), countedText(kept.keys, 'key')) + keys,
    ],
    ['Lost', amountText(lost.bytes, lostRecordsText(lost), lostKeysText(lost))],
    ['Lost changes of unknown keys', lost.unnamed],
    ['Mended places', mended],
    ['Gaps', gaps],
    ['Unfinished last writes', torn],
    ['Nothing is missing', isWhole ? 'yes' : 'no'],
  ];
  if (filled !== undefined)
    rows.push([
      'From the replica',
      amountText(filled.bytes, countedText(filled.places, 'place'), countedText(filled.records, 'record')),
    ]);
  for (const copy of copies) rows.push(['Copy', copy]);
  return rows.map(([name, result]) => rowOf(name, [result]));
}

function amountText(bytes: number, ...counted: readonly string[]): string {
  return [...counted, countedText(bytes, 'byte')].join(', ');
}
