import type { FoldIndex } from '../lookup/fold-index.js';
import { CURSOR_TYPE, PUT_TYPE } from '../format/format.js';
import type { OpenLog } from '../record/log-window.js';
import { replayLog } from './replay.js';
import type { FoldScanner } from './scanner.js';

/**
 * Counts the live keys of a good log that is scanned from its start. While keys ascend, as in the
 * compact form, each put is one more, and no key is kept. The first that does not ascend needs an index:
 * what lies before it is then read once more.
 */
export class LiveKeyCount {
  readonly #log: OpenLog;
  #puts = 0;
  #index: FoldIndex | undefined;

  constructor(log: OpenLog) {
    this.#log = log;
  }

  /** Takes the record that the scanner has come to. */
  take({ record, ascending }: FoldScanner): void {
    const { bytes, keyStart, keyLength, offset, length, type } = record;
    if (type === CURSOR_TYPE) return;
    if (ascending) {
      this.#puts += 1;
      return;
    }
    this.#index ??= replayLog({ ...this.#log, size: offset }).index;
    if (type === PUT_TYPE) this.#index.put(bytes, keyStart, keyLength, offset, length);
    else this.#index.delete(bytes, keyStart, keyLength);
  }

  /** How many keys are live. */
  get count(): number {
    return this.#index === undefined ? this.#puts : this.#index.count;
  }
}
