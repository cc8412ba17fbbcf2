import { checkBytes } from '../bytes/byte-argument.js';
import { cutHint } from '../bytes/text/command-hints.js';
import { applyOffsets } from '../directory/manifest/source-mark.js';
import type { EntryCursor } from '../entry-cursor.js';
import type { Finding } from '../finding.js';
import { TAG_COMMIT, TAG_DELETE, TAG_PUT, type WalOperation } from '../rkyv/entry/wal-entry-format.js';
import { MmapStateStore } from '../state/store/mmap-state-store.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { MergedScanner } from '../wal/scan/merged-scanner.js';
import { coreIdOfSegmentName } from '../wal/format/segment-name.js';
import { missingSegments } from '../wal/folder/missing-segments.js';
import { listSegments } from '../wal/folder/segment-folder.js';
import { damageError } from '../wal/scan/scan-findings.js';
import { CursorStore } from './cursor-store.js';
import type { ReadableStore, StoredEntry } from './store.js';

const ARENA_BYTES = 1024 * 1024;

/** The state that bare segments come to when they are replayed in merged order, in memory. */
export class WalStore extends CursorStore implements ReadableStore {
  readonly kind = 'wal';
  readonly path: string;
  readonly cursor = undefined;
  readonly notices: Finding[] = [];
  epoch: bigint | undefined;
  readonly sources = new Map<string, bigint>();
  watermark: bigint | undefined;
  readonly #state = MmapStateStore.inMemory(ARENA_BYTES);

  /**
   * @param pastGaps whether what follows damage is taken too: of segments out of which a repair took all that was bad
   * @throws StatelogError `DAMAGED` where a good record follows a bad one, or a core's segment is missing
   */
  constructor(path: string, fileSystem: FileSystem, pastGaps = false) {
    super();
    this.path = path;
    const isFolder = fileSystem.statusFollowing(path)?.kind === 'directory';
    const coreId = coreIdOfSegmentName(path.slice(path.lastIndexOf('/') + 1)) ?? 0;
    const segments = isFolder ? listSegments(fileSystem, path) : [{ coreId, path }];
    const [missing] = pastGaps ? [] : missingSegments(path, segments);
    if (isFolder && missing !== undefined) throw damageError(missing, 'nothing was changed');
    const scanner = MergedScanner.open(segments, { fileSystem, isLoose: true });
    try {
      this.#replay(scanner, pastGaps);
    } finally {
      scanner.close();
    }
  }

  get(key: Uint8Array): StoredEntry | undefined {
    checkBytes(key, 'key');
    const value = this.#state.get(key);
    return value === undefined ? undefined : { key, value };
  }

  protected override entryCursor(): EntryCursor {
    return this.#state.entryCursor();
  }

  protected override countAll(): number {
    return this.#state.length;
  }

  close(): void {
    this.#state.close();
  }

  #takeCommit(operation: WalOperation): void {
    if (operation.op !== 'commit') return;
    applyOffsets(this.sources, operation.offsets);
    this.watermark = operation.watermark ?? this.watermark;
  }

  #replay(scanner: MergedScanner, pastGaps: boolean): void {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'finding') {
        const finding = scanner.finding!;
        if (finding.severity === 'damage') {
          if (pastGaps) continue;
          throw damageError(finding, 'nothing was changed');
        }
        // Segments by themselves have no next writer.
        this.notices.push(finding.severity === 'torn' ? { ...finding, hint: cutHint(this.path) } : finding);
        continue;
      }
      const { view } = scanner;
      this.epoch = view.epoch;
      if (view.tag === TAG_PUT) this.#state.put(view.keyCopy(), view.valueCopy());
      else if (view.tag === TAG_DELETE) this.#state.delete(view.keyCopy());
      else if (view.tag === TAG_COMMIT) this.#takeCommit(view.operation());
    }
  }
}
