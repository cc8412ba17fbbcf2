import type { DirectoryLayout } from '../../directory/manifest/layout.js';
import { epochOfName } from '../../directory/manifest/layout.js';
import {
  CORES_MAX,
  KEEP_DEFAULT,
  type CheckpointEntry,
  type CoreCheckpoint,
  type DirectoryManifest,
} from '../../directory/manifest/manifest.js';
import { applyOffsets } from '../../directory/manifest/source-mark.js';
import { TAG_COMMIT, TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import { STORE_ID_BYTES } from '../../state/format/index-block.js';
import { readIndexHead, type IndexHead } from '../../state/format/index-head.js';
import { attempt } from '../survey/evidence.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { namesIn } from '../../storage-io/views/names-in.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import { coreIdOfSegmentName } from '../../wal/format/segment-name.js';

const INDEX_NAME = /^state-(\d{1,5})\.idx$/;
const FIRST_EPOCH = 1n;

/** The facts in one segment that a manifest would hold. */
interface SegmentWords {
  readonly records: number;
  readonly firstSequence: bigint | undefined;
  readonly nextSequence: bigint | undefined;
  readonly lastTimestampNs: bigint;
  /** True where nothing but the barrier of its epoch comes last, or where there is nothing at all. */
  readonly endsWithBarrier: boolean;
  /** True where a barrier is in it, or where there is nothing at all. */
  readonly hasBarrier: boolean;
  readonly sources: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
}

/**
 * Puts a state directory's manifest together again from what its files say of themselves: the epochs, cores and
 * checksums from the indexes of its checkpoints, numbers and sources from its logs. How many checkpoints were to
 * be kept is lost, and sources that no kept log commits are.
 * @param coresMin so many cores there are at least, whatever is left of their files
 * @returns undefined where there is no log and no checkpoint to go by
 */
export function recoverManifest(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  coresMin = 0,
): DirectoryManifest | undefined {
  const recovery = new ManifestRecovery(fileSystem, layout, coresMin);
  return recovery.cores === 0 ? undefined : recovery.manifest();
}

class ManifestRecovery {
  readonly cores: number;
  readonly #fileSystem: FileSystem;
  readonly #layout: DirectoryLayout;
  readonly #logs: readonly bigint[];
  readonly #checkpoints: readonly bigint[];
  #storeId: Uint8Array | undefined;

  constructor(fileSystem: FileSystem, layout: DirectoryLayout, coresMin: number) {
    this.#fileSystem = fileSystem;
    this.#layout = layout;
    this.#logs = epochsIn(fileSystem, layout.wal);
    this.#checkpoints = epochsIn(fileSystem, layout.checkpoints);
    const ids = [
      ...this.#logs.flatMap((epoch) => namesIn(fileSystem, layout.walOf(epoch)).map(coreIdOfSegmentName)),
      ...this.#checkpoints.flatMap((epoch) =>
        namesIn(fileSystem, layout.checkpoint(epoch)).map(coreIdOfIndex),
      ),
    ];
    this.cores = Math.max(
      coresMin,
      ...ids.flatMap((id) => (id === undefined || id >= CORES_MAX ? [] : [id + 1])),
    );
  }

  manifest(): DirectoryManifest {
    // A log that is there follows its checkpoint, even one of which nothing is left.
    const before = this.#logs.filter((epoch) => epoch > FIRST_EPOCH).map((epoch) => epoch - 1n);
    const epochs = [...new Set([...this.#checkpoints, ...before])].sort((a, b) => (a < b ? -1 : 1));
    const newest = epochs.at(-1);
    if (newest !== undefined && !this.#isPublished(newest)) epochs.pop();
    const checkpoints = epochs.map((epoch) => this.#entry(epoch));
    const storeId = this.#storeId ?? crypto.getRandomValues(new Uint8Array(STORE_ID_BYTES));
    return { storeId, cores: this.cores, keep: KEEP_DEFAULT, checkpoints };
  }

  /**
   * The newest checkpoint may have been made and never published. Then its log may go on behind the barrier, and the
   * next one holds no more than it; where neither is so, both ways hold the same.
   */
  #isPublished(epoch: bigint): boolean {
    const ids = Array.from({ length: this.cores }, (_, coreId) => coreId);
    // What came to its log while it was made was copied to the next one, which may have been left behind since.
    const end = (log: bigint, coreId: number): bigint => this.#wordsOf(log, coreId).nextSequence ?? 0n;
    if (ids.some((coreId) => end(epoch + 1n, coreId) > end(epoch, coreId))) return true;
    if (ids.every((coreId) => end(epoch + 1n, coreId) === end(epoch, coreId))) return true;
    // Barriers are on disk before a checkpoint begins: it was made behind another log than this one.
    if (this.#isWhole(epoch) && ids.some((coreId) => !this.#wordsOf(epoch, coreId).hasBarrier)) return true;
    return ids.every((coreId) => this.#wordsOf(epoch, coreId).endsWithBarrier);
  }

  /** Whether each core's index of a checkpoint says that it is of that. */
  #isWhole(epoch: bigint): boolean {
    return Array.from({ length: this.cores }, (_, coreId) => this.#headOf(epoch, coreId)?.block).every(
      (block, coreId) => block?.epoch === epoch && block.coreId === coreId,
    );
  }

  #entry(epoch: bigint): CheckpointEntry {
    const sources = new Map<string, bigint>();
    let watermark: bigint | undefined;
    const cores = Array.from({ length: this.cores }, (_, coreId): CoreCheckpoint => {
      // The log that the checkpoint closed may be gone: numbering and time never go back behind those that are there.
      let closed = NO_WORDS;
      for (const log of this.#logs.filter((one) => one <= epoch)) {
        const words = this.#wordsOf(log, coreId);
        applyOffsets(sources, words.sources);
        watermark = words.watermark ?? watermark;
        if (words.records > 0) closed = words;
      }
      const head = this.#headOf(epoch, coreId);
      this.#storeId ??= head?.block?.storeId;
      return {
        nextSequence: this.#wordsOf(epoch + 1n, coreId).firstSequence ?? closed.nextSequence ?? 0n,
        lastTimestampNs: closed.lastTimestampNs,
        writePos: head?.writePos ?? 0,
        indexCrc: head?.headCrc ?? 0,
      };
    });
    return { epoch, sources, watermark, cores };
  }

  #headOf(epoch: bigint, coreId: number): IndexHead | undefined {
    const path = this.#layout.indexFile(epoch, coreId);
    return attempt(() => {
      const descriptor = this.#fileSystem.openRead(path, 'refuse');
      try {
        return readIndexHead(this.#fileSystem, descriptor, path);
      } finally {
        this.#fileSystem.close(descriptor);
      }
    });
  }

  #wordsOf(epoch: bigint, coreId: number): SegmentWords {
    const path = this.#layout.segment(epoch, coreId);
    const words = attempt(() => readWords(this.#fileSystem, path, epoch, coreId));
    return words ?? NO_WORDS;
  }
}

const NO_WORDS: SegmentWords = {
  records: 0,
  firstSequence: undefined,
  nextSequence: undefined,
  lastTimestampNs: 0n,
  endsWithBarrier: true,
  hasBarrier: true,
  sources: new Map(),
  watermark: undefined,
};

function readWords(fileSystem: FileSystem, path: string, epoch: bigint, coreId: number): SegmentWords {
  const scanner = WalScanner.open(path, { fileSystem, epoch, coreId, tornTail: 'show' });
  const sources = new Map<string, bigint>();
  let watermark: bigint | undefined;
  let firstSequence: bigint | undefined;
  let endsWithBarrier = true;
  let hasBarrier = false;
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event !== 'record') continue;
      const { view } = scanner;
      firstSequence ??= view.sequence;
      endsWithBarrier = view.tag === TAG_EPOCH_BARRIER;
      hasBarrier ||= endsWithBarrier;
      if (view.tag !== TAG_COMMIT) continue;
      const operation = view.operation();
      if (operation.op !== 'commit') continue;
      applyOffsets(sources, operation.offsets);
      watermark = operation.watermark ?? watermark;
    }
    const { records, nextSequence, lastTimestampNs = 0n } = scanner;
    const barriers = { endsWithBarrier, hasBarrier: hasBarrier || records === 0 };
    return { records, firstSequence, nextSequence, lastTimestampNs, ...barriers, sources, watermark };
  } finally {
    scanner.close();
  }
}

function epochsIn(fileSystem: FileSystem, folder: string): bigint[] {
  return namesIn(fileSystem, folder)
    .map(epochOfName)
    .filter((epoch) => epoch !== undefined)
    .sort((a, b) => (a < b ? -1 : 1));
}

function coreIdOfIndex(name: string): number | undefined {
  const digits = INDEX_NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
