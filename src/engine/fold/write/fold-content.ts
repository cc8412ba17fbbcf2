import type { FoldIndex } from '../lookup/fold-index.js';
import type { OpenLog } from '../record/log-window.js';
import type { OpenedLog } from './open-log.js';
import { FoldRecordSource } from '../lookup/record-source.js';
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

  constructor({ log, replayed }: OpenedLog) {
    this.index = replayed.index;
    this.log = log;
    this.source = new FoldRecordSource(log);
    this.cursor = replayed.cursor;
    this.compactForm = replayed.compactForm;
  }
}
