import path from 'node:path';

/** The commit point of a state directory. */
export const MANIFEST_NAME = 'MANIFEST.json';
/** Held with flock by the one writer. */
export const LOCK_NAME = 'LOCK';
/** The name of the record of a clean close (close-record.ts). */
export const CLOSED_NAME = 'CLOSED';
const CHECKPOINTS_NAME = 'checkpoints';
const WAL_NAME = 'wal';
const BROKEN_NAME = 'broken';
const EPOCH_PATTERN = /^(0|[1-9][0-9]{0,19})$/;
const STATE_FILE_PATTERN = /^state-(0|[1-9][0-9]{0,4})\.(db|idx)$/;
const SEGMENT_PATTERN = /^wal-(0|[1-9][0-9]{0,4})\.log$/;

/** The places of everything in a state directory (docs/architecture.md, "The state directory"). */
export class DirectoryLayout {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get manifest(): string {
    return path.join(this.root, MANIFEST_NAME);
  }

  get lock(): string {
    return path.join(this.root, LOCK_NAME);
  }

  get closed(): string {
    return path.join(this.root, CLOSED_NAME);
  }

  get checkpoints(): string {
    return path.join(this.root, CHECKPOINTS_NAME);
  }

  get wal(): string {
    return path.join(this.root, WAL_NAME);
  }

  /** Copies that recovery and repair make before they cut. */
  get broken(): string {
    return path.join(this.root, BROKEN_NAME);
  }

  /** The folder of the checkpoint that closes `epoch`. */
  checkpoint(epoch: bigint): string {
    return path.join(this.checkpoints, epoch.toString());
  }

  /** The folder of the log of changes made in `epoch`. */
  walOf(epoch: bigint): string {
    return path.join(this.wal, epoch.toString());
  }

  stateFile(epoch: bigint, coreId: number): string {
    return path.join(this.checkpoint(epoch), `state-${String(coreId)}.db`);
  }

  indexFile(epoch: bigint, coreId: number): string {
    return path.join(this.checkpoint(epoch), `state-${String(coreId)}.idx`);
  }

  segment(epoch: bigint, coreId: number): string {
    return path.join(this.walOf(epoch), `wal-${String(coreId)}.log`);
  }
}

/** The epoch that a folder under `checkpoints/` or `wal/` is named after; undefined if the name is not ours. */
export function epochOfName(name: string): bigint | undefined {
  return EPOCH_PATTERN.test(name) ? BigInt(name) : undefined;
}

/** True for the names that a checkpoint's folder may hold. */
export function isStateFileName(name: string): boolean {
  return STATE_FILE_PATTERN.test(name);
}

/** True for the names that a log's folder may hold. */
export function isSegmentName(name: string): boolean {
  return SEGMENT_PATTERN.test(name);
}
