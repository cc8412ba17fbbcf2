import { dirname } from 'node:path';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { listSegments, type SegmentEntry } from '../../wal/folder/segment-folder.js';
import type { LogSupply } from './log-supply.js';
import { FollowedLog } from './followed-log.js';
import { FollowedSegment } from './followed-segment.js';

/** A segment, or a folder of them, outside a state directory: one log that never ends; segments may be added. */
export class FollowedSegments implements LogSupply {
  readonly folders: string[];
  readonly #fileSystem: FileSystem;
  readonly #log = new FollowedLog(undefined);
  /** Undefined where it is one segment alone. */
  readonly #folder: string | undefined;
  #isTaken = false;

  private constructor(fileSystem: FileSystem, folder: string, isOneAlone: boolean) {
    this.#fileSystem = fileSystem;
    this.#folder = isOneAlone ? undefined : folder;
    this.folders = [folder];
  }

  static ofFolder(fileSystem: FileSystem, folder: string): FollowedSegments {
    return new FollowedSegments(fileSystem, folder, false);
  }

  static ofSegment(fileSystem: FileSystem, segment: SegmentEntry): FollowedSegments {
    const supply = new FollowedSegments(fileSystem, dirname(segment.path), true);
    supply.#add(segment);
    return supply;
  }

  hold(): void {
    this.#log.hold();
    if (this.#folder === undefined) return;
    const known = new Set(this.#log.segments.map(({ coreId }) => coreId));
    for (const segment of listSegments(this.#fileSystem, this.#folder)) {
      if (!known.has(segment.coreId)) this.#add(segment);
    }
  }

  look(current: FollowedLog | undefined): void {
    current?.lookAgain();
    this.hold();
  }

  take(): { log: FollowedLog; findings: Finding[] } | undefined {
    if (this.#isTaken) return undefined;
    this.#isTaken = true;
    return { log: this.#log, findings: [] };
  }

  close(): void {
    if (!this.#isTaken) this.#log.close();
  }

  #add({ path, coreId }: SegmentEntry): void {
    this.#log.add(
      new FollowedSegment({ fileSystem: this.#fileSystem, path, coreId, reached: this.#log.reached }),
    );
  }
}
