import type { ChalkInstance } from 'chalk';
import type { Finding, Severity } from '../../engine/finding.js';
import { CELL_STATES, type CellState, type FileMap } from '../../engine/inspect/verify/file-map.js';
import { findingParts } from '../errors/finding-text.js';
import type { RecordDump } from './records/record-dump.js';
import { formatSize } from '../command/size-text.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/visible-text.js';

/** The most findings of one file that a person is shown. */
const FINDINGS_MAX = 200;
/** Columns of a line beside the blocks: the size and the name. */
const BESIDE_COLUMNS = 40;
const CELLS_MIN = 8;
const CELLS_MAX = 64;
const SIZE_COLUMNS = 11;

/** Told apart without colour, too. */
const BLOCKS: Readonly<Record<CellState, string>> = {
  good: '█',
  hole: '░',
  slack: '▁',
  torn: '▒',
  damaged: '╳',
};

/** The findings in a file, until the file is drawn. */
interface Found {
  readonly findings: Finding[];
  /** How many are not shown. */
  more: number;
}

/**
 * Draws files for a person, each in one line of blocks with its findings under it. What was found in no file comes last.
 * Memory is bounded, however much is found.
 */
export class VerifyMap {
  readonly #terminal: Terminal;
  readonly #chalk: ChalkInstance;
  readonly #dump: RecordDump | undefined;
  readonly #root: string;
  readonly #found = new Map<string, Found>();
  readonly #seen = new Set<CellState>();

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

  /** How many blocks a line has. */
  get cells(): number {
    return Math.max(CELLS_MIN, Math.min(CELLS_MAX, this.#terminal.outputColumns - BESIDE_COLUMNS));
  }

  /** Keeps a finding until its file is drawn. */
  add(finding: Finding): void {
    const found = this.#found.get(finding.file) ?? { findings: [], more: 0 };
    this.#found.set(finding.file, found);
    if (found.findings.length < FINDINGS_MAX) found.findings.push(finding);
    else found.more += 1;
  }

  /** Draws a file, and what was found in it. */
  draw(map: FileMap): void {
    const { output, outputColumns } = this.#terminal;
    const { cells } = map;
    for (const cell of cells) this.#seen.add(cell);
    const size = formatSize(map.bytes).padStart(SIZE_COLUMNS);
    const room = outputColumns - this.cells - SIZE_COLUMNS - 2;
    const name = fromEnd(visibleText(this.#nameOf(map.path)), room);
    const blocks = `${this.#blocks(cells)}${' '.repeat(this.cells - cells.length)}`;
    output.writeText(`${blocks}${size}  ${name}\n`);
    this.#writeFound(map.path, false);
  }

  /**
   * Prints the findings that belong to no file; then the meaning of the blocks, if there was more than good
   * ones.
   */
  end(): void {
    for (const file of [...this.#found.keys()]) this.#writeFound(file, true);
    if (this.#seen.size === 0 || (this.#seen.size === 1 && this.#seen.has('good'))) return;
    const legend = CELL_STATES.filter((state) => this.#seen.has(state));
    const text = legend.map((state) => `${this.#blocks([state])} ${state}`).join('  ');
    this.#terminal.output.writeText(`${text}\n`);
  }

  #writeFound(file: string, isNamed: boolean): void {
    const found = this.#found.get(file);
    if (found === undefined) return;
    this.#found.delete(file);
    const { output } = this.#terminal;
    for (const finding of found.findings) {
      const { what, hint } = findingParts(finding, isNamed);
      const severity = this.#ofSeverity(finding.severity)(finding.severity);
      output.writeText(`  ${severity}: ${what}\n`);
      if (hint !== undefined) output.writeText(`    ${this.#chalk.dim(hint)}\n`);
      this.#dump?.writeFinding(finding);
    }
    if (found.more > 0) output.writeText(`  and ${found.more} more: --json prints all\n`);
  }

  #nameOf(path: string): string {
    if (path.startsWith(`${this.#root}/`)) return path.slice(this.#root.length + 1);
    return path.slice(path.lastIndexOf('/') + 1);
  }

  #blocks(cells: readonly CellState[]): string {
    let text = '';
    for (let at = 0; at < cells.length;) {
      const state = cells[at]!;
      let end = at;
      while (cells[end] === state) end += 1;
      text += this.#ofState(state)(BLOCKS[state].repeat(end - at));
      at = end;
    }
    return text;
  }

  #ofState(state: CellState): (text: string) => string {
    const { green, cyan, dim, yellow, red } = this.#chalk;
    return { good: green, hole: cyan, slack: dim, torn: yellow, damaged: red }[state];
  }

  #ofSeverity(severity: Severity): (text: string) => string {
    const { red, yellow, cyan } = this.#chalk;
    return { damage: red, torn: yellow, notice: cyan }[severity];
  }
}

/** The end of a name that is too long: there it says most. */
function fromEnd(text: string, columns: number): string {
  const characters = Array.from(text);
  return characters.length <= columns ? text : `…${characters.slice(1 - columns).join('')}`;
}
