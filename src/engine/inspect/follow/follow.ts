import type { Finding } from '../../finding.js';
import { anchoredSource } from '../../storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { WalScanner } from '../../wal/scan/scanner.js';
import { identify } from '../identify.js';
import { findLogs } from '../replay/replay-logs.js';
import { FollowedDirectory } from './followed-directory.js';
import type { FollowedLog } from './followed-log.js';
import { FollowedSegments } from './followed-segments.js';
import type { LogSupply } from './log-supply.js';

/** The result of `Follow.next`; `waiting`: everything there is was told, so call again once files have changed. */
export type FollowEvent = 'record' | 'finding' | 'waiting';

/** Records of an old log that are read before newer logs are opened. */
const RECORDS_BETWEEN_HOLDS = 4_096;

/**
 * The records of a segment, a folder of them or a state directory, each once, those that are there and
 * those that are still to be written: by one writer or the next, which takes over when it dies. Where a writer removed
 * records before they could be read, there is a finding in their place. It never waits, and knows no time.
 *
 * Invariants:
 * - a log is left only once the manifest, read before the last look at it, had closed it;
 * - `#hasLooked` is true from a look at the files until something new was told of.
 */
export class Follow {
  /** The last finding. */
  finding: Finding | undefined;
  readonly #supply: LogSupply;
  readonly #findings: Finding[] = [];
  #log: FollowedLog | undefined;
  #hasLooked = false;
  #sinceHold = 0;

  private constructor(supply: LogSupply) {
    this.#supply = supply;
    supply.hold();
  }

  /** @throws StatelogError what `findLogs` throws, and what opening files throws */
  static open(disk: FileSystem, path: string): Follow {
    const fileSystem = anchoredSource(disk, path);
    switch (identify(fileSystem, path).kind) {
      case 'directory':
        return new Follow(new FollowedDirectory(fileSystem, path));
      case 'wal-folder':
        return new Follow(FollowedSegments.ofFolder(fileSystem, path));
      case 'wal-segment':
      case 'log':
      case 'state-file':
      case 'artifact-folder':
      case 'artifact-tar':
      case 'ndjson': {
        // This throws if the path holds no log.
        const [log] = findLogs(fileSystem, path);
        return new Follow(FollowedSegments.ofSegment(fileSystem, log!.segments[0]!));
      }
    }
  }

  /** The folders to watch for changes; they may change themselves. */
  get folders(): readonly string[] {
    return this.#supply.folders;
  }

  /** The segment of the last record: its `path`, `offset`, `recordBytes` and `view`. Valid until `next`. */
  get segment(): WalScanner {
    return this.#log!.record;
  }

  /**
   * Moves on by one record or finding, or finds that there is nothing new.
   * @throws StatelogError `NOT_FOUND` where the state directory is gone; what opening and reading files throws
   */
  next(): FollowEvent {
    for (;;) {
      const told = this.#findings.shift();
      if (told !== undefined) {
        this.finding = told;
        return 'finding';
      }
      const event = this.#log === undefined ? 'end' : this.#log.next();
      if (event !== 'end') return this.#tell(event);
      if (this.#log?.isFinal === true || this.#log === undefined) {
        if (this.#takeNext()) continue;
      }
      if (this.#hasLooked) {
        this.#hasLooked = false;
        return 'waiting';
      }
      this.#supply.look(this.#log);
      this.#hasLooked = true;
    }
  }

  /** Opens what is new, to be called whenever files appear or are replaced: what is open can still be read when it was removed. */
  hold(): void {
    this.#supply.hold();
  }

  close(): void {
    this.#log?.close();
    this.#log = undefined;
    this.#supply.close();
  }

  #tell(event: 'record' | 'finding'): FollowEvent {
    this.#hasLooked = false;
    if (event === 'finding') this.finding = this.#log!.finding;
    else if (++this.#sinceHold === RECORDS_BETWEEN_HOLDS) {
      this.#sinceHold = 0;
      this.hold();
    }
    return event;
  }

  #takeNext(): boolean {
    const next = this.#supply.take(this.#log);
    if (next === undefined) return false;
    this.#log?.close();
    this.#log = next.log;
    this.#findings.push(...next.findings);
    this.#hasLooked = false;
    return true;
  }
}
