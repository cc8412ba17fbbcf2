import type { FoldIndex } from '../lookup/fold-index.js';
import type { OpenLog } from '../record/log-window.js';
import type { OpenedLog } from './open-log.js';
import { FoldRecordSource, type PendingBytes } from '../lookup/record-source.js';
import type { WatchCursor } from '../format/watch-cursor.js';

/** The content of an open fold: its index, the file that the index points into, and its cursor. */
export class FoldContent {
  readonly index: FoldIndex;
  log: OpenLog;
  /** Reads records by the places that the index gives. */
  source: FoldRecordSource;
  cursor: WatchCursor;
  /** The file is the compact form of this content, byte for byte. */
  compactForm: boolean;

  readonly #isReadOnce: boolean;

  /** @param isReadOnce true where little need be kept of what is read */
  constructor({ log, replayed }: OpenedLog, isReadOnce: boolean) {
    this.index = replayed.index;
    this.log = log;
    this.#isReadOnce = isReadOnce;
    this.source = new FoldRecordSource(log, undefined, isReadOnce);
    this.cursor = replayed.cursor;
    this.compactForm = replayed.compactForm;
  }

  /** Reads from then on the log as it is now, and what its writer holds. */
  readThrough(pending: PendingBytes): void {
    this.source = new FoldRecordSource(this.log, pending, this.#isReadOnce);
  }
}
