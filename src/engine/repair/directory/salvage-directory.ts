import { equalBytes } from '../../bytes/compare.js';
import { DirectoryLayout } from '../../directory/manifest/layout.js';
import {
  encodeManifest,
  type CheckpointEntry,
  type DirectoryManifest,
} from '../../directory/manifest/manifest.js';
import { isStatelogError } from '../../errors.js';
import { keptLogs, type KeptLog } from '../../inspect/kept-logs.js';
import { Tally } from '../../inspect/verify/tally.js';
import { verifyDirectory } from '../../inspect/verify/verify-directory.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import { arrangeDirectory, type ArrangementWishes } from '../survey/arrange-directory.js';
import { fillDirectory } from '../replica/fill-directory.js';
import { LogSalvage, type LostBelow } from './log-salvage.js';
import { NewFile } from '../log/new-file.js';
import { manifestBytes, readOrRecover } from './found-manifest.js';
import { SourcePositions, type SourceWishes } from './source-positions.js';
import { changedMeanwhile, notWhole } from '../account/refusals.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import { CheckpointCore, placeOfLost } from './salvage-checkpoint.js';
import { missingRecords } from './missing-records.js';
import { unnamedEntries } from '../account/unnamed.js';

/** Keys of one core that are named at the most. */
const LOST_CHANGES_MAX = 16_384;

/** The user's decisions about a directory under repair. */
export type DirectoryWishes = ArrangementWishes & { readonly sources?: SourceWishes | undefined };

/**
 * Makes a state directory of what is good in another one: the same cores, checkpoints and logs. A checkpoint
 * whose files are damaged is written anew, from what can be read of them, the checkpoint before it and the log
 * between them; a log that lost records is numbered without a gap, so that it can be written again.
 * @param into undefined to look only
 */
export function* salvageDirectory(
  account: RepairAccount,
  root: string,
  into: string | undefined,
  wishes: DirectoryWishes = {},
): Generator<RepairEvent, void> {
  const { fileSystem } = account;
  const layout = new DirectoryLayout(root);
  // Before anything is looked at: a writer may drop what was found, and that is no damage.
  const mark = manifestMark(fileSystem, layout);
  try {
    yield* salvageAsItIs(account, layout, into, wishes);
  } catch (error) {
    throw isStatelogError(error) && manifestMark(fileSystem, layout) !== mark
      ? changedMeanwhile(root)
      : error;
  }
  if (manifestMark(fileSystem, layout) !== mark) throw changedMeanwhile(root);
}

function* salvageAsItIs(
  account: RepairAccount,
  layout: DirectoryLayout,
  into: string | undefined,
  wishes: DirectoryWishes,
): Generator<RepairEvent, void> {
  const arrangement = arrangeDirectory(account.fileSystem, layout.root, wishes);
  if (arrangement !== undefined) yield* account.readThrough(arrangement);
  yield* fillDirectory(account, layout);
  const { fileSystem } = account;
  const bytes = manifestBytes(fileSystem, layout);
  const manifest = yield* readOrRecover(account, layout, bytes);
  const salvage = new DirectorySalvage(account, layout, manifest, into, wishes.sources ?? {});
  yield* salvage.run();
  if (!equalBytes(manifestBytes(fileSystem, layout), bytes)) throw changedMeanwhile(layout.root);
  if (into === undefined) return;
  for (const finding of verifyDirectory(fileSystem, into, true, new Tally())) {
    if (finding.severity !== 'notice') throw notWhole(finding);
  }
}

/** Another one for each manifest that a writer puts in place. */
function manifestMark(fileSystem: FileSystem, layout: DirectoryLayout): string | undefined {
  const status = fileSystem.status(layout.manifest);
  return status && `${status.identity} ${status.size} ${status.modifiedNs}`;
}

class DirectorySalvage {
  readonly #account: RepairAccount;
  readonly #layout: DirectoryLayout;
  readonly #manifest: DirectoryManifest;
  readonly #into: DirectoryLayout | undefined;
  readonly #logs: LogSalvage;
  readonly #checkpoints: CheckpointEntry[] = [];
  /** The checkpoint before the one at hand, core by core. */
  #before: readonly CheckpointCore[] | undefined;
  /** The newest checkpoint of which nothing is missing. */
  #whole: CheckpointEntry | undefined;
  readonly #wishes: SourceWishes;

  constructor(
    account: RepairAccount,
    layout: DirectoryLayout,
    manifest: DirectoryManifest,
    into: string | undefined,
    wishes: SourceWishes,
  ) {
    this.#wishes = wishes;
    this.#account = account;
    this.#layout = layout;
    this.#manifest = manifest;
    this.#into = into === undefined ? undefined : new DirectoryLayout(into);
    this.#logs = new LogSalvage(account, layout, manifest, this.#into);
  }

  *run(): Generator<RepairEvent, void> {
    this.#makeFolders();
    const { checkpoints } = this.#manifest;
    const logs = new Map(keptLogs(this.#manifest).map((log) => [log.epoch, log]));
    for (const entry of checkpoints) {
      const log = logs.get(entry.epoch);
      const isNewest = entry === checkpoints.at(-1);
      const cover = this.#account.coverOfLosses();
      if (log !== undefined) yield* this.#logs.salvage(log, undefined);
      yield* this.#checkpoint(entry, log, isNewest);
      // All that the log did is in the checkpoint.
      if (this.#whole === entry) cover();
    }
    this.#logs.positions = new SourcePositions(checkpoints.at(-1), this.#whole, this.#wishes);
    const live = keptLogs(this.#manifest).find(({ isLive }) => isLive);
    if (live !== undefined) yield* this.#logs.salvage(live, this.#before);
    this.#writeManifest();
  }

  #makeFolders(): void {
    if (this.#into === undefined) return;
    for (const folder of [this.#into.root, this.#into.checkpoints, this.#into.wal]) {
      this.#account.fileSystem.makeDirectory(folder);
    }
  }

  *#checkpoint(
    entry: CheckpointEntry,
    log: KeptLog | undefined,
    isNewest: boolean,
  ): Generator<RepairEvent, void> {
    const { fileSystem } = this.#account;
    if (this.#into !== undefined) fileSystem.makeDirectory(this.#into.checkpoint(entry.epoch));
    const cores: CheckpointCore[] = [];
    const after = this.#checkpoints.at(-1)?.epoch ?? 0n;
    const written: CheckpointEntry['cores'][number][] = [];
    for (const [coreId, published] of entry.cores.entries()) {
      const core = new CheckpointCore({
        fileSystem,
        layout: this.#layout,
        manifest: this.#manifest,
        entry,
        coreId,
        before: this.#before?.[coreId],
        changes: () => this.#logs.changesBetween(after, entry.epoch, coreId),
        areChangesWhole: log !== undefined && this.#logs.isWhole(log.epoch, coreId),
      });
      cores.push(core);
      yield* this.#report(entry, core, isNewest);
      const files = this.#into === undefined ? published : core.write(this.#into);
      const nextSequence = this.#logs.sequenceAfter(entry, coreId);
      written.push({ ...published, writePos: files.writePos, indexCrc: files.indexCrc, nextSequence });
    }
    if (this.#into !== undefined) fileSystem.syncDirectory(this.#into.checkpoint(entry.epoch));
    this.#checkpoints.push({ ...entry, cores: written });
    this.#before = cores;
    if (cores.every(({ isExact }) => isExact)) this.#whole = entry;
  }

  /** Tells what is wrong with a core's files, and what of it is lost for good. */
  *#report(entry: CheckpointEntry, core: CheckpointCore, isNewest: boolean): Generator<RepairEvent, void> {
    const account = this.#account;
    for (const finding of core.findings)
      yield core.isExact ? account.tell(finding) : account.tellOfState(finding);
    if (core.isExact) return;
    if (core.isGone) {
      yield* this.#reportGone(entry, core.coreId);
      return;
    }
    let count = 0;
    const lostChanges: LostBelow[] = [];
    const areNamesProven = core.namesAreProven;
    for (const { key, value, lost } of core.filled()) {
      count += 1;
      if (lost === undefined) continue;
      account.gaps += 1;
      const at = { file: core.path, offset: placeOfLost(lost) };
      account.loseValueBytes({ ...at, bytes: lost.length }, areNamesProven ? key : undefined);
      // Older checkpoints are history: what they lost is no loss of the state.
      if (!isNewest || lostChanges.length >= LOST_CHANGES_MAX) continue;
      const place = { op: 'put' as const, ...at };
      if (value === undefined && !areNamesProven) yield account.loseUnnamed(place);
      else lostChanges.push({ change: { key, ...place }, isInPlace: value !== undefined });
    }
    if (isNewest) this.#logs.lostBelow.set(core.coreId, lostChanges);
    const stated = core.countStated();
    if (stated !== undefined && stated <= count) return;
    const unnamed = stated === undefined ? undefined : stated - count;
    if (isNewest) account.loseNamelessKeys(unnamed);
    yield account.take(unnamedEntries(core.path, unnamed, 1));
  }

  /** Tells which records nobody has: of a checkpoint that is gone, and of no log since the one before it. */
  *#reportGone(entry: CheckpointEntry, coreId: number): Generator<RepairEvent, void> {
    const account = this.#account;
    const before = this.#manifest.checkpoints.filter(({ epoch }) => epoch < entry.epoch).at(-1);
    for (const hole of this.#logs.missingBetween(before, entry, coreId)) {
      yield account.take(missingRecords(this.#layout, hole));
    }
  }

  #writeManifest(): void {
    const into = this.#into;
    if (into === undefined) return;
    const { fileSystem } = this.#account;
    fileSystem.syncDirectory(into.checkpoints);
    fileSystem.syncDirectory(into.wal);
    const file = NewFile.create(fileSystem, into.manifest);
    try {
      writeFully(
        fileSystem,
        file.descriptor,
        encodeManifest({ ...this.#manifest, checkpoints: this.#checkpoints }),
      );
      file.finish();
    } finally {
      file.abandon();
    }
    fileSystem.syncDirectory(into.root);
  }
}
