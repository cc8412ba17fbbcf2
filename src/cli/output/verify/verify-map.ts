import type { ChalkInstance } from 'chalk';
import type { Finding, Severity } from '../../../engine/finding.js';
import {
  CELL_STATES,
  type Cell,
  type CellState,
  type FileMap,
} from '../../../engine/inspect/verify/file-map.js';
import { formatSize } from '../../values/size-text.js';
import { findingParts } from '../../errors/finding-text.js';
import { cutFromEnd, displayWidth } from '../../terminal/shown/display-width.js';
import type { Terminal } from '../../terminal/terminal.js';
import { visibleText } from '../../terminal/shown/visible-text.js';
import type { RecordDump } from '../records/record-dump.js';
import { FindingGroups, isListed, type FindingGroup } from './finding-groups.js';
import { blockOf, PARTS_TEXT, ROWS_MAX, rowsOf } from './map-rows.js';

/** The most findings of one file whose bytes a person is shown. */
const DUMPED_MAX = 200;
/** Columns of a line beside the blocks of a good file: the size and the name. */
const BESIDE_COLUMNS = 40;
const CELLS_MIN = 8;
const CELLS_A_BLOCK = 32;
const SIZE_COLUMNS = 11;
/** Commands to run next that are kept until the end. */
const HINTS_MAX = 20;

/** The findings in a file, until the file is drawn. */
interface Found {
  readonly groups: FindingGroups;
  /** Those whose bytes are shown, one by one. */
  readonly dumped: Finding[];
  /** How many are not shown. */
  more: number;
}

/**
 * Draws files for a person: a good one in one line of blocks, a faulty one in up to four, with rulers and its findings
 * under it. What was found in no file comes last, and each hint once, at the very end. Memory is bounded, however much is found.
 */
export class VerifyMap {
  readonly #terminal: Terminal;
  readonly #chalk: ChalkInstance;
  readonly #dump: RecordDump | undefined;
  readonly #root: string;
  readonly #found = new Map<string, Found>();
  readonly #seen = new Set<CellState>();
  #hasSeenParts = false;
  /** The classes that each hint is for. */
  readonly #hints = new Map<string, Set<Finding['class']>>();

  private constructor(terminal: Terminal, chalk: ChalkInstance, root: string, dump: RecordDump | undefined) {
    this.#terminal = terminal;
    this.#chalk = chalk;
    this.#root = root;
    this.#dump = dump;
  }

  /**
   * @param root the path that is verified: files are named as they lie in it
   * @param dump what prints the bytes round each fault, too
   */
  static async on(terminal: Terminal, root: string, dump: RecordDump | undefined): Promise<VerifyMap> {
    const { default: chalk } = await import('chalk');
    return new VerifyMap(terminal, chalk, root, dump);
  }

  /** How many fine cells a file is to be cut into: many for each block, so that its share is about right. */
  get cells(): number {
    return Math.max(CELLS_MIN, this.#terminal.outputColumns) * ROWS_MAX * CELLS_A_BLOCK;
  }

  /** Keeps a finding until its file is drawn. */
  add(finding: Finding): void {
    const found = this.#found.get(finding.file) ?? { groups: new FindingGroups(), dumped: [], more: 0 };
    this.#found.set(finding.file, found);
    if (this.#dump === undefined) found.groups.add(finding);
    else if (found.dumped.length < DUMPED_MAX) found.dumped.push(finding);
    else found.more += finding.more?.places ?? 1;
    this.#keepHint(finding);
  }

  /** Draws a file, and what was found in it. */
  draw(map: FileMap): void {
    if (map.bytes > 0 && (map.isFaulty || map.path === this.#root)) this.#drawRows(map);
    else this.#drawLine(map);
    this.#writeFound(map.path, false);
  }

  /**
   * Prints the findings that belong to no file; then the meaning of the blocks, if there was more than good
   * ones.
   */
  end(): void {
    for (const file of [...this.#found.keys()]) this.#writeFound(file, true);
    if (this.#seen.size === 0 || (this.#seen.size === 1 && this.#seen.has('good'))) return;
    const legend = CELL_STATES.filter((state) => this.#seen.has(state)).map(
      (state) => `${this.#blocks([{ state, good: 0 }])} ${state}`,
    );
    if (this.#hasSeenParts) legend.push(`${this.#chalk.red(PARTS_TEXT)} in part`);
    this.#terminal.output.writeText(`${legend.join('  ')}\n`);
  }

  /** Prints each command to run next, once. */
  writeHints(): void {
    for (const [hint, classes] of this.#hints) {
      this.#terminal.output.writeText(`${[...classes].join(', ')}: ${visibleText(hint)}\n`);
    }
  }

  /** A file in one line, with its size and name. */
  #drawLine(map: FileMap): void {
    const { output, outputColumns } = this.#terminal;
    const width = Math.max(CELLS_MIN, outputColumns - BESIDE_COLUMNS);
    const cells = map.cells(width);
    this.#see(cells);
    const size = formatSize(map.bytes).padStart(SIZE_COLUMNS);
    const name = cutFromEnd(outputColumns - width - SIZE_COLUMNS - 2, visibleText(this.#nameOf(map.path)));
    output.writeText(`${this.#blocks(cells)}${' '.repeat(width - cells.length)}${size}  ${name}\n`);
  }

  /** A file over the whole width, with rulers. */
  #drawRows(map: FileMap): void {
    const { output, outputColumns } = this.#terminal;
    const { offsets, rows, times, span } = rowsOf(map, outputColumns);
    const about = [formatSize(map.bytes), ...(span === undefined ? [] : [span])].join('  ');
    const name = cutFromEnd(outputColumns, visibleText(this.#nameOf(map.path)));
    const isShort = displayWidth(name) + 2 + displayWidth(about) <= outputColumns;
    const { dim } = this.#chalk;
    output.writeText(`${name}${isShort ? '  ' : '\n'}${about}\n${dim(offsets)}\n`);
    for (const { beside, cells } of rows) {
      this.#see(cells);
      output.writeText(`${dim(beside)}${this.#blocks(cells)}\n`);
    }
    if (times !== undefined) output.writeText(`${dim(times)}\n`);
  }

  #see(cells: readonly Cell[]): void {
    for (const { state, good } of cells) {
      if (state === 'damaged' && good > 0) this.#hasSeenParts = true;
      else this.#seen.add(state);
    }
    if (this.#hasSeenParts) this.#seen.add('damaged');
  }

  #keepHint({ hint, class: kind }: Finding): void {
    if (hint === undefined) return;
    const classes = this.#hints.get(hint);
    if (classes !== undefined) classes.add(kind);
    else if (this.#hints.size < HINTS_MAX) this.#hints.set(hint, new Set([kind]));
  }

  #writeFound(file: string, isNamed: boolean): void {
    const found = this.#found.get(file);
    if (found === undefined) return;
    this.#found.delete(file);
    for (const group of found.groups.all) this.#writeGroup(group, isNamed);
    for (const finding of found.dumped) {
      this.#writeFinding(finding, isNamed);
      this.#dump?.writeFinding(finding);
    }
    this.#writeMore(found.more);
  }

  #writeMore(count: number): void {
    if (count > 0)
      this.#terminal.output.writeText(`  and ${count} more: --json prints up to a thousand of each kind\n`);
  }

  #writeGroup(group: FindingGroup, isNamed: boolean): void {
    const { first, count, bytes, from, to } = group;
    if (isListed(group)) {
      for (const finding of first) this.#writeFinding(finding, isNamed);
      this.#writeMore(count - first.length);
      return;
    }
    const [{ class: kind, severity, file, message }] = first as readonly [Finding];
    const place = isNamed ? `${visibleText(file)}, ` : '';
    const text = `${kind}: ${count} places from ${place}byte ${from} to ${to}, ${bytes} bytes in all; the first: ${visibleText(message)}`;
    this.#terminal.output.writeText(`  ${this.#ofSeverity(severity)(severity)}: ${text}\n`);
  }

  #writeFinding(finding: Finding, isNamed: boolean): void {
    const { severity } = finding;
    const { what } = findingParts(finding, isNamed);
    this.#terminal.output.writeText(`  ${this.#ofSeverity(severity)(severity)}: ${what}\n`);
  }

  #nameOf(path: string): string {
    if (path.startsWith(`${this.#root}/`)) return path.slice(this.#root.length + 1);
    return path.slice(path.lastIndexOf('/') + 1);
  }

  #blocks(cells: readonly Cell[]): string {
    let text = '';
    for (let at = 0; at < cells.length;) {
      const paint = this.#paintOf(cells[at]!);
      const start = at;
      while (at < cells.length && this.#paintOf(cells[at]!) === paint) at += 1;
      text += paint(cells.slice(start, at).map(blockOf).join(''));
    }
    return text;
  }

  #paintOf({ state, good }: Cell): (text: string) => string {
    const { green, cyan, dim, yellow, red } = this.#chalk;
    if (state === 'damaged' && good > 0) return this.#inPart;
    return { good: green, hole: cyan, slack: dim, torn: yellow, damaged: red }[state];
  }

  /** The good part green, on the damaged one's red. */
  readonly #inPart = (text: string): string => this.#chalk.bgRed.green(text);

  #ofSeverity(severity: Severity): (text: string) => string {
    const { red, yellow, cyan } = this.#chalk;
    return { damage: red, torn: yellow, notice: cyan }[severity];
  }
}
