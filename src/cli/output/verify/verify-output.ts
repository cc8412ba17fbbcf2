import type { Finding } from '../../../engine/finding.js';
import type { FileMapOptions } from '../../../engine/inspect/verify/file-map.js';
import type { VerifySummary } from '../../../engine/inspect/verify/verify-path.js';
import { countedText } from '../../text/counted-text.js';
import { findingText } from '../../errors/finding-text.js';
import type { RecordDump } from '../records/record-dump.js';
import { formatSize } from '../../values/size-text.js';
import type { Terminal } from '../../terminal/terminal.js';
import { visibleText } from '../../terminal/shown/visible-text.js';

/** Prints what verifying one path comes to. */
export interface VerifyOutput {
  /** Undefined where no file is drawn. */
  readonly map: FileMapOptions | undefined;
  finding(finding: Finding): void;
  summary(summary: VerifySummary): void;
  /** Prints what is kept back, where reading failed and there is no summary. */
  giveUp(): void;
}

/** How it is printed. */
export interface VerifyOutputOptions {
  readonly json: boolean;
  /** Whether values were left out. */
  readonly quick: boolean;
  /** Prints the bytes round each fault, too. */
  readonly dump: RecordDump | undefined;
}

/** Each file drawn for a terminal, a line for each finding for a pipe, an object for `--json`. */
export async function verifyOutput(
  terminal: Terminal,
  path: string,
  options: VerifyOutputOptions,
): Promise<VerifyOutput> {
  if (options.json) return new JsonLines(terminal, options);
  return terminal.outputIsTerminal ? drawing(terminal, path, options) : new TextLines(terminal, options);
}

async function drawing(
  terminal: Terminal,
  path: string,
  { quick, dump }: VerifyOutputOptions,
): Promise<VerifyOutput> {
  const { VerifyMap } = await import('./verify-map.js');
  const drawn = await VerifyMap.on(terminal, path, dump);
  return {
    map: {
      cells: drawn.cells,
      onFile: (map) => {
        drawn.draw(map);
      },
    },
    finding: (finding) => {
      drawn.add(finding);
    },
    giveUp: () => {
      drawn.end();
      drawn.writeHints();
    },
    summary: (summary) => {
      drawn.end();
      terminal.output.writeText(`${summaryText(summary, quick)}\n`);
      drawn.writeHints();
    },
  };
}

class JsonLines implements VerifyOutput {
  readonly map = undefined;
  readonly #terminal: Terminal;
  readonly #dump: RecordDump | undefined;

  constructor(terminal: Terminal, { dump }: VerifyOutputOptions) {
    this.#terminal = terminal;
    this.#dump = dump;
  }

  finding(finding: Finding): void {
    const fields = this.#dump?.findingJson(finding) ?? '';
    this.#terminal.output.writeText(`{"finding":${JSON.stringify(finding)}${fields}}\n`);
  }

  summary(summary: VerifySummary): void {
    this.#terminal.output.writeText(`${JSON.stringify({ summary })}\n`);
  }

  giveUp(): void {
    // Every finding was printed as it came.
  }
}

class TextLines implements VerifyOutput {
  readonly map = undefined;
  readonly #terminal: Terminal;
  readonly #options: VerifyOutputOptions;

  constructor(terminal: Terminal, options: VerifyOutputOptions) {
    this.#terminal = terminal;
    this.#options = options;
  }

  finding(finding: Finding): void {
    this.#terminal.output.writeText(`${findingText(finding)}\n`);
    this.#options.dump?.writeFinding(finding);
  }

  summary(summary: VerifySummary): void {
    this.#terminal.output.writeText(`${summaryText(summary, this.#options.quick)}\n`);
  }

  giveUp(): void {
    // Every finding was printed as it came.
  }
}

/** The outcome of verifying, in a word or two. */
export function verdictOf({ damage, torn }: VerifySummary): string {
  return damage > 0 ? 'damaged' : torn > 0 ? 'torn tail' : 'good';
}

/** Prints to both: a file is drawn for each that draws, and cut as finely as the finer of them needs. */
export function bothOutputs(one: VerifyOutput, other: VerifyOutput): VerifyOutput {
  const maps = [one.map, other.map].filter((map) => map !== undefined);
  return {
    map: {
      cells: Math.max(...maps.map(({ cells }) => cells)),
      onFile: (map) => {
        for (const { onFile } of maps) onFile(map);
      },
    },
    finding: (finding) => {
      one.finding(finding);
      other.finding(finding);
    },
    summary: (summary) => {
      one.summary(summary);
      other.summary(summary);
    },
    giveUp: () => {
      one.giveUp();
      other.giveUp();
    },
  };
}

function summaryText(summary: VerifySummary, quick: boolean): string {
  const { path, kind, files, bytes, records, recordsBehind, keys, damage, torn, notices } = summary;
  const counts = [
    countedText(files, 'file'),
    formatSize(bytes),
    records > 0 ? countedText(records, 'record') : undefined,
    keys > 0 ? countedText(keys, 'key') : undefined,
    damage > 0 ? countedText(damage, 'damaged place') : undefined,
    recordsBehind > 0 ? `${countedText(recordsBehind, 'good record')} behind` : undefined,
    torn > 0 ? `${torn} torn` : undefined,
    notices > 0 ? countedText(notices, 'notice') : undefined,
    quick ? 'values not read' : undefined,
  ].filter((part) => part !== undefined);
  return visibleText(
    `${path}: ${verdictOf(summary)}${kind === undefined ? '' : `, ${kind}`}, ${counts.join(', ')}`,
  );
}
