import type { Finding } from '../../finding.js';
import type { StateSource } from './state-source.js';
import type { Entry } from '../../entry-cursor.js';
import { Tally } from '../../inspect/verify/tally.js';
import { verifyStatePair } from '../../inspect/verify/verify-state.js';
import { STATE_HEADER_BYTES } from '../../state/format/format.js';
import { STORE_ID_BYTES } from '../../state/format/index-block.js';
import { realStatePathsOf, type StatePaths } from '../../state/format/state-paths.js';
import { fillStateFile } from '../replica/fill-pair.js';
import { changesBeside } from './changes-beside.js';
import { findFittingIndex, type FittingIndex } from './fitting-index.js';
import { filledEntries, laidOver, type FilledEntry, type KnownEntries } from './filled-entries.js';
import { unreadable } from '../account/refusals.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { LostKey, RepairEvent } from '../account/report.js';
import { unnamedEntries, unnamedValues, usedBytes } from '../account/unnamed.js';
import { writePair } from './write-pair.js';

const FIRST_GENERATION = 1n;
const NO_STORE_EPOCH = 0n;

/**
 * Writes the entries of a bare state file that can still be read to a new pair. Where its index is gone, or is
 * another file's, the last index in the folder that fits names the values, and the segments that lie
 * beside it bring what was written since; what nothing names is told.
 * @param into undefined to look only
 */
export function* salvageState(
  account: RepairAccount,
  path: string,
  into: Pick<StatePaths, 'values' | 'index'> | undefined,
): Generator<RepairEvent, void> {
  const paths = realStatePathsOf(account.fileSystem, path);
  yield* fillStateFile(account, paths);
  const { fileSystem } = account;
  let isDamaged = false;
  let isUnproven = false;
  for (const finding of verifyStatePair(fileSystem, path, true, new Tally())) {
    if (finding.severity === 'damage') isDamaged = true;
    isUnproven ||= finding.class === 'index-mismatch' && finding.file === paths.values;
    yield account.tellOfState(finding);
  }
  const state = new DamagedState(account, paths, isDamaged);
  try {
    yield* state.report();
    // Each value that was named is there, and which key it is of is not shown.
    if (isUnproven && !state.isOfAnotherName && account.isWhole) account.gaps += 1;
    if (into === undefined) return;
    const storeId = crypto.getRandomValues(new Uint8Array(STORE_ID_BYTES));
    const labels = { storeId, generation: FIRST_GENERATION, epoch: NO_STORE_EPOCH, coreId: 0 };
    const pair = { fileSystem, statePath: into.values, indexPath: into.index, ...labels };
    writePair(pair, () => state.entries());
  } finally {
    state.close();
  }
  checkPair(account, into.values);
}

/** Reads a new pair from end to end: it must hold what was kept, and nothing may be wrong with it. */
export function checkPair({ fileSystem, keys }: RepairAccount, path: string): void {
  const tally = new Tally();
  for (const finding of verifyStatePair(fileSystem, path, true, tally)) {
    if (finding.severity === 'damage') throw unreadable(path, keys, tally.keys);
  }
  if (tally.keys !== keys) throw unreadable(path, keys, tally.keys);
}

class DamagedState {
  readonly #account: RepairAccount;
  readonly #paths: StatePaths;
  readonly #index: FittingIndex | undefined;
  readonly #changes: KnownEntries | undefined;

  constructor(account: RepairAccount, paths: StatePaths, isDamaged: boolean) {
    this.#account = account;
    this.#paths = paths;
    const changes = isDamaged ? changesBeside(account.fileSystem, paths.values) : undefined;
    this.#changes = changes === undefined ? undefined : () => laidOver(() => [], changes, false);
    this.#index = findFittingIndex(account.fileSystem, paths);
  }

  /** True where the values are named by another index than the one of their name. */
  get isOfAnotherName(): boolean {
    return this.#index?.isOwn === false;
  }

  /** Tells, and counts, what is lost; once. */
  *report(): Generator<RepairEvent, void> {
    const account = this.#account;
    if (this.#index?.isExact === true) yield account.take(readAsIndex(this.#index.source));
    for (const { key, value, lost } of this.#filled()) {
      if (value !== undefined) {
        account.keys += 1;
        account.keptBytes += value.length;
        if (account.hasRead(value.length)) yield account.progress();
      }
      if (lost === undefined) continue;
      const { areNamesProven } = this;
      const place = this.#placeOfLost(lost);
      account.loseValueBytes({ ...place, bytes: lost.length }, areNamesProven ? key : undefined);
      const lostKey = { key, op: 'put' as const, ...place, fallsBack: value !== undefined };
      yield account.loseValue(lostKey, areNamesProven);
    }
    yield* this.#reportUnnamed();
  }

  /** Whether each key that is named is one that there was. */
  get areNamesProven(): boolean {
    return this.#index?.source.namesAreProven ?? true;
  }

  /** The place of a lost value; where that is not known, the index that named it. */
  #placeOfLost({ offset, length }: NonNullable<FilledEntry['lost']>): Pick<LostKey, 'file' | 'offset'> {
    const index = this.#index?.source.indexPath;
    if (length === 0 && index !== undefined) return { file: index, offset: 0 };
    return { file: this.#paths.values, offset: STATE_HEADER_BYTES + offset };
  }

  /** The kept entries, in key order. */
  *entries(): Generator<Entry, void> {
    for (const { key, value } of this.#filled()) if (value !== undefined) yield { key, value };
  }

  close(): void {
    this.#index?.source.close();
  }

  #filled(): Generator<FilledEntry, void> {
    const source = this.#index?.source;
    return filledEntries({
      entries: source === undefined ? undefined : () => source.entries(),
      holes: () => source?.walk.holes ?? 0,
      namesAreProven: this.areNamesProven,
      fallback: this.#changes,
      isNewer: this.#index?.isOwn !== true,
    });
  }

  *#reportUnnamed(): Generator<RepairEvent, void> {
    const { fileSystem } = this.#account;
    const { values } = this.#paths;
    const source = this.#index?.source;
    if (source === undefined) {
      const bytes = usedBytes(fileSystem, values) - STATE_HEADER_BYTES;
      if (bytes <= 0) return;
      this.#account.loseNamelessKeys(undefined);
      yield this.#account.take(unnamedValues(values, STATE_HEADER_BYTES, bytes));
      return;
    }
    const { named, walk } = source;
    const unnamed = walk.count === undefined ? undefined : Math.max(0, walk.count - named);
    if (unnamed !== 0) {
      this.#account.loseNamelessKeys(unnamed);
      yield this.#account.take(unnamedEntries(source.indexPath, unnamed, walk.holes));
    }
    const end = STATE_HEADER_BYTES + source.valueBytes;
    const isAllNamed = this.#index?.isOwn === true && source.isChecked;
    const beyond = isAllNamed ? 0 : usedBytes(fileSystem, values) - end;
    if (beyond <= 0) return;
    this.#account.loseNamelessKeys(undefined);
    yield this.#account.take(unnamedValues(values, end, beyond));
  }
}

function readAsIndex({ indexPath, path }: StateSource): Finding {
  const message = `this index, and not the one of its name, ends where the values of ${path} do; it is read as theirs`;
  return { severity: 'notice', class: 'misplaced', file: indexPath, offset: 0, bytes: 0, message };
}
