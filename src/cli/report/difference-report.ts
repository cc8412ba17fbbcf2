import { commandText } from '../../engine/bytes/text/command-hints.js';
import type { StatelogError } from '../../engine/errors.js';
import type { ComparedKey } from '../../engine/inspect/compare-stores.js';
import type { RestOutcome } from '../../engine/repair/rest/compare-rests.js';
import type { PathKind } from '../../engine/store/store.js';
import type { Encodings } from '../values/encoding.js';
import { exitCodeOf } from '../errors/error-rendering.js';
import { EXIT_CODE_MEANINGS, type ExitCode } from '../errors/exit-codes.js';
import { redactedText } from '../text/redaction.js';
import { cutText, markup, type Html } from './page/html.js';
import { PageRooms } from './page/page-rooms.js';
import { breakable, hintsPart, rowOf, section, tableIn } from './page/report-page.js';
import { errorPart } from './parts/error-part.js';
import { DifferenceColumns } from './parts/difference-columns.js';
import { keyText } from './parts/lost-key-list.js';
import type { ReportTarget } from './report-target.js';

const LINE_UNITS_MAX = 1_000;
const VALUE_UNITS_MAX = 300;
const VALUE_BYTES_MAX = 1_024;

/** How the page of a comparison is made. */
export interface DifferenceReportOptions {
  readonly a: string;
  readonly b: string;
  readonly encodings: Encodings;
  /** Whether damage is skipped. */
  readonly skipDamage: boolean;
}

/** A comparison that came to an end. */
export interface ComparisonOutcome {
  readonly counts: Readonly<Record<RestOutcome, number>>;
  /** False where the rest was not compared. */
  readonly complete: boolean;
  readonly exitCode: ExitCode;
  /** The kind of each side. */
  readonly kinds: readonly [PathKind, PathKind];
}

/** The page of `diff --report`: how many keys differ, where in the order of keys, and which they are. */
export class DifferenceReport {
  readonly #target: ReportTarget;
  readonly #options: DifferenceReportOptions;
  readonly #rooms = new PageRooms();
  readonly #columns = new DifferenceColumns();
  readonly #rows: Html[] = [];
  readonly #lines: Html[] = [];

  constructor(target: ReportTarget, options: DifferenceReportOptions) {
    this.#target = target;
    this.#options = options;
  }

  /** Whether values are shown in it. */
  get showsValues(): boolean {
    return this.#target.showsValues;
  }

  /** Takes a line about what was skipped of a side. */
  skipped(line: string): void {
    const item = markup`<li>${cutText(line, LINE_UNITS_MAX)}</li>`;
    if (this.#rooms.outcomes.take(item)) this.#lines.push(item);
  }

  /** Takes a key and what became of it. */
  take({ outcome, key, before, after }: ComparedKey<RestOutcome>): void {
    this.#columns.take(outcome);
    if (outcome === 'same') return;
    if (!this.#rooms.keys.isOpen) {
      this.#rooms.keys.leave();
      return;
    }
    const name = keyText(key, this.#options.encodings.key);
    const row = rowOf(name, [outcome, ...[before, after].map((value) => breakable(this.#valueText(value)))]);
    if (this.#rooms.keys.take(row)) this.#rows.push(row);
  }

  /** Writes the page, whole or not at all. @throws StatelogError what writing throws */
  async done({ counts, complete, exitCode, kinds }: ComparisonOutcome): Promise<void> {
    const { added, removed, changed, unknown, same } = counts;
    const differing = added + removed + changed;
    const columns = ['Side', 'Path', 'Kind'];
    const sides = [rowOf('A', [this.#options.a, kinds[0]]), rowOf('B', [this.#options.b, kinds[1]])];
    const numbers = Object.entries({ added, removed, changed, unknown, same });
    const sums = tableIn(
      'Summary of the keys',
      ['Keys from A to B', 'How many'],
      numbers.map(([name, count]) => rowOf(name, [count])),
    );
    const end = complete ? '' : ' The rest was not compared.';
    await this.#write({
      headline: this.#headlineOf(differing, unknown),
      exitCode,
      sums: `${added} added, ${removed} removed, ${changed} changed, ${unknown} unknown, ${same} the same.${end}`,
      head: [
        section('summary', 'Summary', markup`${tableIn('Sides', columns, sides)}${sums}`),
        hintsPart(this.#steps(kinds[0], differing), 0, 'diff'),
      ],
    });
  }

  /** Writes the page of a comparison that failed. @throws StatelogError what writing throws */
  async failed(error: StatelogError): Promise<void> {
    const exitCode = exitCodeOf(error);
    const headline = `Not compared to the end: ${EXIT_CODE_MEANINGS[exitCode]}`;
    await this.#write({
      headline,
      exitCode,
      sums: '',
      head: [section('summary', 'Summary', errorPart(error))],
    });
  }

  async #write({
    head,
    ...verdict
  }: {
    readonly headline: string;
    readonly exitCode: ExitCode;
    readonly sums: string;
    readonly head: readonly Html[];
  }): Promise<void> {
    const left = this.#rooms.keys.leftOut;
    const rest = left > 0 ? markup`<p>and ${left} more</p>` : undefined;
    const table = tableIn(
      'Keys that differ, with their values',
      ['Key', 'From A to B', 'In A', 'In B'],
      this.#rows,
    );
    const parts = [
      ...head,
      this.#lines.length === 0
        ? undefined
        : section('skipped', 'What was skipped', markup`<ul>${this.#lines}</ul>`),
      section(
        'places',
        'Where in the order of keys',
        this.#columns.part() ?? markup`<p>There are no keys.</p>`,
      ),
      this.#rows.length === 0 ? undefined : section('keys', 'Keys that differ', markup`${table}${rest}`),
    ].filter((part) => part !== undefined);
    await this.#target.write({ command: 'diff', ...verdict, parts, rooms: this.#rooms });
  }

  #headlineOf(differing: number, unknown: number): string {
    if (differing > 0) return 'Keys differ';
    if (unknown > 0) return 'Of some keys it cannot be told whether they differ';
    return this.#lines.length > 0 ? 'No key differs in what can be read' : 'No key differs';
  }

  /** The command that makes A hold what B does, where A can be written to. */
  #steps(kindOfA: PathKind, differing: number): Html[] {
    if (differing === 0 || (kindOfA !== 'directory' && kindOfA !== 'log')) return [];
    const { a, b, skipDamage } = this.#options;
    const skipping = skipDamage ? ['--skip-damage'] : [];
    const [diff, put] = [
      commandText('statelog', 'diff', a, b, '--json', ...skipping),
      commandText('statelog', 'put', a, '--batch', '-'),
    ].map((command) => command.replace(/^'(statelog .*)'$/, '$1'));
    return [markup`<li>to make A hold what B does: <code>${diff} | ${put}</code></li>`];
  }

  #valueText(value: Uint8Array | undefined): string {
    if (value === undefined) return 'not there';
    if (!this.#target.showsValues) return redactedText(value);
    const text = keyText(value.subarray(0, VALUE_BYTES_MAX), this.#options.encodings.value);
    return `${value.length} bytes: ${cutText(text, VALUE_UNITS_MAX)}`;
  }
}
