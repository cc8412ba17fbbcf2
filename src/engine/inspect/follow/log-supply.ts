import type { Finding } from '../../finding.js';
import type { FollowedLog } from './followed-log.js';

/** Supplies the logs to follow, one after the other. */
export interface LogSupply {
  /** The folders to watch for changes. */
  readonly folders: readonly string[];
  /** Opens what is new, before its writer can remove it. Nothing is read. */
  hold(): void;
  /** Looks at `current` as it is now, once all of it was read, and tells whether it is final. */
  look(current: FollowedLog | undefined): void;
  /** The log after `before`, and what there is to say of what lay between; undefined where there is none yet. */
  take(before: FollowedLog | undefined): { log: FollowedLog; findings: Finding[] } | undefined;
  /** Closes the logs that were not taken. */
  close(): void;
}
