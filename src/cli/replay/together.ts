import type { Finding } from '../../engine/finding.js';
import type { RecordSource } from './replay-run.js';
import { compareByTime } from '../../engine/wal/format/merge-order.js';
import type { ScanEvent } from '../../engine/wal/scan/scanner.js';
import { readingOnFileSystem } from '../../engine/storage-io/views/reading-on-file-system.js';
import { closeEach, closeEachQuietly, type Closeable } from '../../engine/storage-io/whole/close-each.js';
import { usageError } from '../errors/usage-error.js';
import { inputOf } from '../command/readable.js';
import type { LocatedRecord } from '../output/records/record-parts.js';
import type { Terminal } from '../terminal/terminal.js';
import type { ReplayFlags } from './replay-flags.js';
import { openReplay, type OpenedSource, type ReplayOptions } from './replay-source.js';

/** Each asks something of one log alone, or reads it again by its path. */
const FOR_ONE_PATH = [
  'last',
  'reverse',
  'around',
  'commits',
  'value-to',
  'hexdump',
  'follow',
  'to-sequence',
] as const;

/** @throws StatelogError `INVALID_ARGUMENT` for flags that are about one log alone */
export function refuseForTogether(flags: ReplayFlags): void {
  const other = FOR_ONE_PATH.find((name) => flags[name] !== undefined && flags[name] !== false);
  if (other !== undefined) {
    const hint =
      other === 'follow' ? undefined : 'leave out --together: each PATH has an answer of its own then';
    throw usageError(`--${other} is about one log, and does not go with --together`, hint);
  }
  if (!flags.merge) throw usageError('--together is in the order of time: leave out --no-merge');
}

/**
 * The logs at several paths as one source: whatever epochs they count, in the order of time, core and sequence, and of equal
 * ones in that of the paths. Each path may stand for what gzip compressed, or for standard input.
 * @throws StatelogError as `inputOf` and `openReplay`
 */
export async function openTogether(
  terminal: Terminal,
  paths: readonly string[],
  options: ReplayOptions,
): Promise<OpenedSource & { readonly findings: readonly Finding[] }> {
  const opened: OpenedSource[] = [];
  const closeables: Closeable[] = [];
  const findings: Finding[] = [];
  try {
    for (const path of paths) {
      const input = await inputOf(path, terminal);
      closeables.unshift(input);
      findings.push(...input.findings);
      const source = await openReplay(readingOnFileSystem(input.fileSystem), path, options);
      closeables.unshift(source);
      opened.push(source);
    }
  } catch (error) {
    closeEachQuietly(closeables);
    throw error;
  }
  return {
    source: new SourcesByTime(opened.map(({ source }) => source)),
    segments: opened.reduce((sum, { segments }) => sum + segments, 0),
    fileSystem: opened[0]!.fileSystem,
    changes: undefined,
    description: undefined,
    findings,
    close: () => {
      closeEach(closeables.splice(0));
    },
  };
}

/**
 * Records of several sources, the earliest of those at which they stand first.
 *
 * Invariant: every source but the one of the last record, which has not moved on yet, stands at a record of `#standing`.
 */
export class SourcesByTime implements RecordSource {
  finding: Finding | undefined;
  readonly #standing: RecordSource[] = [];
  /** Have to move on before the earliest record is known; the last one first. */
  readonly #moving: RecordSource[];
  readonly #places: ReadonlyMap<RecordSource, number>;
  #current: RecordSource | undefined;

  constructor(sources: readonly RecordSource[]) {
    this.#moving = sources.toReversed();
    this.#places = new Map(sources.map((source, place) => [source, place]));
  }

  get segment(): LocatedRecord {
    return this.#current!.segment;
  }

  next(): ScanEvent {
    for (let source = this.#moving.at(-1); source !== undefined; source = this.#moving.at(-1)) {
      const event = source.next();
      if (event === 'finding') {
        this.finding = source.finding;
        return 'finding';
      }
      this.#moving.pop();
      if (event === 'record') this.#standing.push(source);
    }
    const [first, ...others] = this.#standing;
    if (first === undefined) return 'end';
    const earliest = others.reduce((least, one) => (this.#isEarlier(one, least) ? one : least), first);
    this.#standing.splice(this.#standing.indexOf(earliest), 1);
    this.#moving.push(earliest);
    this.#current = earliest;
    return 'record';
  }

  #isEarlier(a: RecordSource, b: RecordSource): boolean {
    const order = compareByTime(a.segment.view, b.segment.view);
    return order < 0 || (order === 0 && this.#places.get(a)! < this.#places.get(b)!);
  }
}
