import { FoldIndex } from '../../fold/lookup/fold-index.js';
import { CURSOR_TYPE, PUT_TYPE } from '../../fold/format/format.js';
import type { FoldRecord } from '../../fold/format/record.js';
import type { OpenLog } from '../../fold/record/log-window.js';
import { LogHistory, passRecords } from '../../fold/scan/log-history.js';
import { FoldScanner } from '../../fold/scan/scanner.js';
import type { EntryPair } from '../../inspect/compare-stores.js';
import type { IncrementPosition } from '../../lines/increment-position.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { StoredEntry } from '../../store/store.js';
import type { ChangedEntry } from './changes-over.js';

/** The entries of a key at a position of a log, and at the log's end; undefined where it was not there. */
interface Sides {
  before: StoredEntry | undefined;
  after: StoredEntry | undefined;
}

/** The changes that were appended to a fold log since a position. */
export interface AppendedChanges {
  /** The position at the log's end. */
  readonly until: IncrementPosition;
  /** For each key that was written since, in key order, what it held and what it holds. */
  readonly pairs: Iterable<EntryPair<StoredEntry>>;
  /** Each key that was written since, in key order, with what it holds at the log's end. */
  readonly changes: Iterable<ChangedEntry>;
}

/** The keys and bytes of values beyond which changes are not held in memory. */
export interface MostHeld {
  readonly keys: number;
  readonly bytes: number;
}

/**
 * As `appendedChanges`, of the log at a path.
 * @throws StatelogError what opening the log throws
 */
export function appendedSince(
  fileSystem: FileSystem,
  path: string,
  position: IncrementPosition,
  most: MostHeld,
): AppendedChanges | undefined {
  const descriptor = fileSystem.openRead(path);
  try {
    const { size } = fileSystem.statusOf(descriptor);
    return appendedChanges({ fileSystem, descriptor, path, size }, position, most);
  } finally {
    fileSystem.close(descriptor);
  }
}

/**
 * Finds what changed in a fold log since a position by what was appended, where all before it is what it was then: what
 * follows is read, and what comes before is passed over. It takes memory for what the keys held and hold.
 * @param most more keys, or bytes, than these are not worth while
 * @returns undefined where that is not known, or the log is not whole
 */
function appendedChanges(
  log: OpenLog,
  { logBytes, history, cursor }: IncrementPosition,
  most: MostHeld,
): AppendedChanges | undefined {
  if (logBytes === undefined || history === undefined || logBytes > log.size) return undefined;
  const changed = new ChangedKeys(most);
  const scanner = new FoldScanner(log, { from: logBytes, isAppended: true });
  const { record } = scanner;
  let last = cursor;
  for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
    if (step !== 'record' || changed.isTooMuch) return undefined;
    if (record.type === CURSOR_TYPE) last = record.cursor().toBytes();
    else changed.takeAfter(record);
  }
  const past = new LogHistory();
  let markThere = log.size === logBytes ? undefined : '';
  const isWhole = passRecords(log, (passed) => {
    if (passed.offset < logBytes) changed.takeBefore(passed);
    else if (passed.offset === logBytes) markThere = past.hex();
    past.take(passed);
  });
  const mark = past.hex();
  if (!isWhole || changed.isTooMuch || changed.isDamaged || (markThere ?? mark) !== history) return undefined;
  const until = { kind: 'log', cursor: last, logBytes: log.size, history: mark } as const;
  return { until, pairs: changed.pairs(), changes: changed.all() };
}

/** The keys that were written behind a position. */
class ChangedKeys {
  /** A record that is needed is not what was written. */
  isDamaged = false;
  readonly #most: MostHeld;
  /** For each key the number of its sides among all of them, in the place of an offset. */
  readonly #index = new FoldIndex();
  readonly #sides: Sides[] = [];
  #bytes = 0;

  constructor(most: MostHeld) {
    this.#most = most;
  }

  get isTooMuch(): boolean {
    return this.#index.count > this.#most.keys || this.#bytes > this.#most.bytes;
  }

  takeAfter(record: FoldRecord): void {
    const { bytes, keyStart, keyLength } = record;
    if (!this.#index.find(bytes, keyStart, keyLength)) {
      this.#index.put(bytes, keyStart, keyLength, this.#sides.length, 0);
      this.#index.offset = this.#sides.push({ before: undefined, after: undefined }) - 1;
    }
    const sides = this.#sides[this.#index.offset]!;
    sides.after = this.#held(record, sides.after);
  }

  takeBefore(record: FoldRecord): void {
    if (record.type === CURSOR_TYPE || this.isTooMuch) return;
    if (!this.#index.find(record.bytes, record.keyStart, record.keyLength)) return;
    if (!record.checksumHolds()) this.isDamaged = true;
    const sides = this.#sides[this.#index.offset]!;
    sides.before = this.#held(record, sides.before);
  }

  *pairs(): Generator<EntryPair<StoredEntry>, void> {
    for (const { before, after } of this.all())
      if (before !== undefined || after !== undefined) yield { before, after };
  }

  *all(): Generator<Sides & ChangedEntry, void> {
    const walk = this.#index.cursor();
    for (let slot = walk.first(); slot >= 0; slot = walk.next()) {
      this.#index.load(slot);
      yield { key: this.#index.keyOf(slot), ...this.#sides[this.#index.offset]! };
    }
  }

  #held(record: FoldRecord, old: StoredEntry | undefined): StoredEntry | undefined {
    this.#bytes -= old?.value.length ?? 0;
    if (record.type !== PUT_TYPE) return undefined;
    this.#bytes += record.valueLength;
    return { key: record.key(), value: record.value(), version: record.token().toBytes() };
  }
}
