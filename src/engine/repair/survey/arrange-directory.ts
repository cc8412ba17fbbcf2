import { dirname, join } from 'node:path';
import { DirectoryLayout, epochOfName } from '../../directory/manifest/layout.js';
import { type CoreCheckpoint } from '../../directory/manifest/manifest.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { namesIn } from '../../storage-io/views/names-in.js';
import { coreIdOfSegmentName } from '../../wal/format/segment-name.js';
import type { RecordRun } from '../../wal/scan/record-sweep.js';
import { ArrangementBuilder, type Arrangement } from './arrangement.js';
import { believedEvidence } from './believed-indexes.js';
import { placeCheckpoints } from './checkpoint-places.js';
import {
  identitiesOf,
  isPassedOver,
  surveyFolder,
  type Evidence,
  type IndexEvidence,
  type ManifestEvidence,
  type SegmentEvidence,
} from './evidence.js';
import {
  commonStoreId,
  epochOf,
  manifestFor,
  manifestsOfOtherStores,
  whatSpeaksAgainst,
} from './store-identity.js';
import { gatherLog } from './gathered-log.js';
import {
  anotherStore,
  copyOnly,
  foreignManifest,
  foreignRun,
  gatheringFindings,
  withoutRecords,
} from './run-findings.js';

const FIRST_EPOCH = 1n;

/** A log of a state directory: one epoch of one core. */
interface LogPlace {
  readonly epoch: bigint;
  readonly coreId: number;
  readonly path: string;
}

/**
 * Arranges a state directory by what its files say of themselves: each log from the records of its epoch and core, wherever they
 * lie; each checkpoint's pair by its index; the manifest by its store. Copies that recovery made aside are no evidence:
 * what they hold was never acknowledged.
 * @returns undefined where everything lies where it belongs
 * @throws StatelogError `NOT_FOUND` for a file to be passed over that is not there, `EPOCH_NOT_FOUND`
 */
export function arrangeDirectory(
  fileSystem: FileSystem,
  root: string,
  wishes: ArrangementWishes = {},
): Arrangement | undefined {
  const layout = new DirectoryLayout(root);
  const without = identitiesOf(fileSystem, wishes.without ?? []);
  const found = surveyFolder(fileSystem, root, { isDeep: true, without, except: [layout.broken] });
  const others = manifestsOfOtherStores(found, layout.manifest);
  const own = found.filter(({ path }) => !others.some((one) => path.startsWith(`${dirname(one.path)}/`)));
  const evidence = believedEvidence(own, layout);
  const { baseCheckpoint } = wishes;
  return new DirectoryArranging({ fileSystem, layout, evidence, others, without, baseCheckpoint }).run();
}

/** The user's decisions about where files belong. */
export interface ArrangementWishes {
  /** Files and folders that are passed over. */
  readonly without?: readonly string[] | undefined;
  /** The epoch of the newest checkpoint that is used. */
  readonly baseCheckpoint?: bigint | undefined;
}

interface ArrangingOptions {
  readonly fileSystem: FileSystem;
  readonly layout: DirectoryLayout;
  readonly evidence: readonly Evidence[];
  /** Manifests of stores that lie within this one. */
  readonly others: readonly ManifestEvidence[];
  readonly without: ReadonlySet<string>;
  readonly baseCheckpoint: bigint | undefined;
}

class DirectoryArranging {
  readonly #fileSystem: FileSystem;
  readonly #layout: DirectoryLayout;
  readonly #evidence: readonly Evidence[];
  readonly #without: ReadonlySet<string>;
  readonly #builder: ArrangementBuilder;
  readonly #manifest: ManifestEvidence | undefined;
  readonly #storeId: Uint8Array | undefined;
  readonly #baseCheckpoint: bigint | undefined;

  constructor({ fileSystem, layout, evidence, others, without, baseCheckpoint }: ArrangingOptions) {
    this.#baseCheckpoint = baseCheckpoint;
    this.#fileSystem = fileSystem;
    this.#layout = layout;
    this.#evidence = evidence;
    this.#without = without;
    this.#builder = new ArrangementBuilder(fileSystem, layout.root);
    this.#builder.findings.push(...others.map(anotherStore));
    const storeId = commonStoreId(evidence, layout.manifest);
    this.#manifest = manifestFor(evidence, layout.manifest, storeId);
    this.#storeId = this.#manifest?.manifest.storeId ?? storeId;
  }

  run(): Arrangement | undefined {
    this.#placeManifest();
    placeCheckpoints(
      {
        fileSystem: this.#fileSystem,
        layout: this.#layout,
        evidence: this.#evidence,
        manifest: this.#manifest?.manifest,
        storeId: this.#storeId,
        without: this.#without,
        baseCheckpoint: this.#baseCheckpoint,
      },
      this.#builder,
    );
    this.#placeLogs();
    const { manifest } = this.#layout;
    if (isPassedOver(this.#fileSystem, manifest, this.#without)) this.#builder.leaveOut(manifest);
    if (!this.#builder.isMoved) return undefined;
    const { wal, checkpoints } = this.#layout;
    return this.#builder.build([wal, checkpoints]);
  }

  #placeManifest(): void {
    const { manifest } = this.#layout;
    const found = this.#manifest;
    const own = this.#evidence.find(
      (one): one is ManifestEvidence => one.kind === 'manifest' && one.path === manifest,
    );
    if (found === undefined && own !== undefined) {
      this.#builder.leaveOut(manifest);
      this.#builder.findings.push(foreignManifest(manifest, whatSpeaksAgainst(this.#evidence, own.manifest)));
    }
    if (found === undefined || found.path === manifest) return;
    this.#builder.placeFile(manifest, found.path, found.status);
    this.#builder.findings.push({
      severity: 'notice',
      class: 'misplaced',
      file: found.path,
      offset: 0,
      bytes: 0,
      message: `the manifest of this store lies here; it is read as ${manifest}`,
    });
  }

  #placeLogs(): void {
    const segments = this.#evidence.filter((one): one is SegmentEvidence => one.kind === 'segment');
    const inPlace = new Map(segments.map((one) => [one.path, one]));
    const places = this.#logPlaces(segments);
    const used = new Set<SegmentEvidence>();
    for (const place of places.values()) {
      const own = inPlace.get(place.path);
      const log = gatherLog(this.#fileSystem, this.#candidates(place, segments, own), {
        isOnce: true,
        isLoose: false,
      });
      if (log === undefined) {
        if (own !== undefined) this.#keepWithoutRecords(own);
        continue;
      }
      this.#builder.place(place.path, log.slices);
      for (const { file } of [...log.runs, ...log.setApart]) used.add(file);
      this.#builder.findings.push(...gatheringFindings(log, place.path));
    }
    // A segment where none of the store's belongs: its records went where they do belong, or are told of.
    const placed = new Set([...places.values()].map(({ path }) => path));
    for (const segment of segments.filter(({ path }) => this.#isWithin(path) && !placed.has(path))) {
      if (this.#isHistory(segment)) this.#builder.keep(segment.path);
      else this.#leaveOut(segment, places, used.has(segment));
    }
  }

  /** A segment in its place without a record of that place: another's, whose records are told of, or one of which nothing is left. */
  #keepWithoutRecords(own: SegmentEvidence): void {
    if (own.runs.length === 0) this.#builder.keep(own.path);
    else this.#builder.leaveOut(own.path);
  }

  /** The logs that there are to be: those that have a place already, and those that records speak of. */
  #logPlaces(segments: readonly SegmentEvidence[]): Map<string, LogPlace> {
    const places = new Map<string, LogPlace>();
    const enter = (epoch: bigint, coreId: number): void => {
      places.set(`${epoch}/${coreId}`, { epoch, coreId, path: this.#layout.segment(epoch, coreId) });
    };
    const { wal } = this.#layout;
    const epochs = namesIn(this.#fileSystem, wal).flatMap((name) => epochOfName(name) ?? []);
    const oldest = this.#oldestEpoch(segments);
    for (const run of segments.flatMap(({ runs }) => runs)) {
      if (run.epoch >= oldest && this.#hasCore(run.coreId)) enter(run.epoch, run.coreId);
    }
    for (const epoch of epochs) {
      for (const name of namesIn(this.#fileSystem, this.#layout.walOf(epoch))) {
        const coreId = coreIdOfSegmentName(name);
        if (isPassedOver(this.#fileSystem, join(this.#layout.walOf(epoch), name), this.#without)) {
          this.#builder.leaveOut(join(this.#layout.walOf(epoch), name));
        }
        // A name alone makes no log: a file of another epoch, or of nothing, may have it.
        if (coreId !== undefined && this.#isExpected(epoch, segments)) enter(epoch, coreId);
      }
    }
    return places;
  }

  /** Epochs before this one are history: a copy of their logs is no part of the store. */
  #oldestEpoch(segments: readonly SegmentEvidence[]): bigint {
    const checkpoint = this.#manifest?.manifest.checkpoints[0]?.epoch;
    if (checkpoint !== undefined) return checkpoint + 1n;
    const inPlace = segments.filter(({ path }) => this.#isWithin(path)).flatMap(({ runs }) => runs);
    return inPlace.reduce((least, { epoch }) => (epoch < least ? epoch : least), inPlace[0]?.epoch ?? 0n);
  }

  /** Whether anything but a segment's name says that there was such a log. */
  #isExpected(epoch: bigint, segments: readonly SegmentEvidence[]): boolean {
    const manifest = this.#manifest?.manifest;
    if (manifest !== undefined) {
      const live = epochOf(manifest) + 1n;
      if (epoch === live || manifest.checkpoints.some((one) => one.epoch === epoch)) return true;
    }
    if (epoch === FIRST_EPOCH) return true;
    const isOfRecords = segments.some(({ runs }) => runs.some((run) => run.epoch === epoch));
    return isOfRecords || this.#evidence.some((one) => one.kind === 'index' && isBeside(one, epoch));
  }

  #hasCore(coreId: number): boolean {
    return this.#manifest === undefined || coreId < this.#manifest.manifest.cores;
  }

  #candidates(
    { epoch, coreId }: LogPlace,
    segments: readonly SegmentEvidence[],
    own: SegmentEvidence | undefined,
  ): Map<SegmentEvidence, readonly RecordRun[]> {
    const candidates = new Map<SegmentEvidence, readonly RecordRun[]>();
    const start = this.#startOf(epoch, coreId);
    for (const file of own === undefined ? segments : [own, ...segments.filter((one) => one !== own)]) {
      const runs = file.runs
        .filter((run) => run.epoch === epoch && run.coreId === coreId)
        // Records from before the checkpoint are of another store, or of an earlier life of this one.
        .filter((run) => file === own || start === undefined || isFrom(run, start));
      if (runs.length > 0) candidates.set(file, runs);
    }
    return candidates;
  }

  /** The manifest's facts about the end of the log before one. */
  #startOf(epoch: bigint, coreId: number): CoreCheckpoint | undefined {
    const before = this.#manifest?.manifest.checkpoints.filter((one) => one.epoch < epoch).at(-1);
    return before?.cores[coreId];
  }

  /** A log of before the oldest checkpoint, in its place: a crash left it, and nobody reads it. */
  #isHistory({ path, runs }: SegmentEvidence): boolean {
    return runs.length > 0 && runs.every(({ epoch, coreId }) => path === this.#layout.segment(epoch, coreId));
  }

  /** Leaves out a file that lies where a segment might, and tells of what no log of the store takes from it. */
  #leaveOut(file: SegmentEvidence, places: ReadonlyMap<string, LogPlace>, isUsed: boolean): void {
    this.#builder.leaveOut(file.path);
    const isCopy = file.runs.some(({ epoch, coreId }) => places.has(`${epoch}/${coreId}`));
    if (isCopy && !isUsed) this.#builder.findings.push(copyOnly(file));
    if (file.runs.length === 0 && file.status.size > 0) this.#builder.findings.push(withoutRecords(file));
    for (const [index, run] of file.runs.entries()) {
      if (places.has(`${run.epoch}/${run.coreId}`)) continue;
      const why = this.#hasCore(run.coreId)
        ? 'they are of before the oldest checkpoint; nothing needs them'
        : `the store has no such core; they are left out`;
      this.#builder.findings.push(foreignRun({ ...run, file, index, isWhole: true }, why));
    }
  }

  #isWithin(path: string): boolean {
    return path.startsWith(`${this.#layout.wal}/`);
  }
}

function isFrom(run: RecordRun, start: CoreCheckpoint): boolean {
  return run.firstSequence >= start.nextSequence && run.firstTimestampNs >= start.lastTimestampNs;
}

/** Whether a checkpoint closes a log, or comes right before it. */
function isBeside({ block }: IndexEvidence, epoch: bigint): boolean {
  return block.epoch === epoch || block.epoch + 1n === epoch;
}
