import type { StatelogError } from '../../engine/errors.js';
import type { BatchOperation } from './batch-line.js';

/** Stands for a line that cannot be read, in a batch that passes over such lines. */
export interface BadLine {
  readonly op: 'bad';
  readonly error: StatelogError;
}

/** Operations that are written, synced and acknowledged together. */
export interface BatchGroup {
  readonly operations: readonly (BatchOperation | BadLine)[];
  /** The number of each operation's line, from 1. */
  readonly lineNumbers: readonly number[];
  /** Lines of input up to and with the last of this group, blank ones too: what is acknowledged. */
  readonly lines: number;
  /** The last lines up to there, as they came: where they are kept, all that no group before this one had. */
  readonly keptLines: readonly Uint8Array[];
  /** The error for the line after this group, which ends the batch. */
  readonly refused?: StatelogError | undefined;
}

/** When a group is closed, whichever comes first. */
export interface BatchGroupLimits {
  /** Bytes of keys and values. */
  readonly bytesMax: number;
  readonly linesMax: number;
  /** How long to wait for more input. */
  readonly idleMs: number;
}

/**
 * The group that is being filled.
 *
 * Invariant: lines that were taken in an earlier run are counted and told of, and fill no group.
 */
export class PendingGroup {
  readonly #limits: BatchGroupLimits;
  readonly #keepsLines: boolean;
  #operations: (BatchOperation | BadLine)[] = [];
  #lineNumbers: number[] = [];
  #keptLines: Uint8Array[] = [];
  #bytes = 0;
  #linesAdded = 0;
  /** Lines taken, and lines told of in a group. */
  #lines = 0;
  #linesTold = 0;
  #isPassed = false;
  #refused: StatelogError | undefined;

  /** @param keepsLines whether a group comes with its lines as they were */
  constructor(limits: BatchGroupLimits, keepsLines: boolean) {
    this.#limits = limits;
    this.#keepsLines = keepsLines;
  }

  get hasLines(): boolean {
    return this.#lines > this.#linesTold;
  }

  /** Whether the group is to be taken now, whatever comes next. */
  get isDue(): boolean {
    return (
      this.#bytes >= this.#limits.bytesMax ||
      this.#linesAdded >= this.#limits.linesMax ||
      this.#isPassed ||
      this.isRefused
    );
  }

  get isRefused(): boolean {
    return this.#refused !== undefined;
  }

  /** Counts a line that was taken in an earlier run. */
  pass(number: number, isLast: boolean): void {
    this.#lines = number;
    this.#isPassed = isLast;
  }

  /**
   * Adds what a line asks for.
   * @param line kept where lines are kept: must not change before the group is used up
   */
  add(operation: BatchOperation | BadLine | undefined, number: number, line: Uint8Array): void {
    this.#lines = number;
    this.#linesAdded += 1;
    if (this.#keepsLines) this.#keptLines.push(line);
    if (operation === undefined) return;
    this.#operations.push(operation);
    this.#lineNumbers.push(number);
    this.#bytes += bytesOf(operation);
  }

  refuse(error: StatelogError): void {
    this.#refused = error;
  }

  /** The group so far; the next one starts empty. */
  take(): BatchGroup {
    const group = {
      operations: this.#operations,
      lineNumbers: this.#lineNumbers,
      lines: this.#lines,
      keptLines: this.#keptLines,
      refused: this.#refused,
    };
    this.#operations = [];
    this.#lineNumbers = [];
    this.#keptLines = [];
    this.#bytes = 0;
    this.#linesAdded = 0;
    this.#isPassed = false;
    this.#linesTold = this.#lines;
    return group;
  }
}

function bytesOf(operation: BatchOperation | BadLine): number {
  if (operation.op === 'bad') return 0;
  if (operation.op === 'cursor') return operation.cursor.length;
  return operation.key.length + (operation.op === 'put' ? operation.value.length : 0);
}
