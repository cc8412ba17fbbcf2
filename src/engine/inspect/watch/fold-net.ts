import { CURSOR_TYPE, HEADER_BYTES, PUT_TYPE } from '../../fold/format/format.js';
import { isGroupMark } from '../../fold/format/group-mark.js';
import type { FoldRecord } from '../../fold/format/record.js';
import { FoldRecordSource } from '../../fold/lookup/record-source.js';
import { damagedError } from '../../fold/record/damage.js';
import type { OpenLog } from '../../fold/record/log-window.js';
import { FoldScanner } from '../../fold/scan/scanner.js';
import { nameOf } from './known-entries.js';

interface Place {
  readonly offset: number;
  readonly length: number;
}

/** The entries that a fold log comes to, by the places of their puts. */
export class FoldNet {
  readonly #places = new Map<string, Place>();
  readonly #records: FoldRecordSource;
  /** The last cursor; empty for none. */
  cursor: Uint8Array = new Uint8Array(0);
  /** End of the last put or delete. */
  end = HEADER_BYTES;

  private constructor(log: OpenLog) {
    this.#records = new FoldRecordSource(log);
  }

  /** Reads a log up to its unfinished end. @throws StatelogError `DAMAGED` */
  static read(log: OpenLog): FoldNet {
    const net = new FoldNet(log);
    const scanner = new FoldScanner(log, { isLocked: () => true });
    for (let step = scanner.next(); step === 'record'; step = scanner.next()) net.#take(scanner.record);
    const { finding } = scanner;
    if (finding?.severity === 'damage') throw damagedError(finding);
    return net;
  }

  names(): IterableIterator<string> {
    return this.#places.keys();
  }

  /** The put of a key, valid until the next call; undefined where there is none. */
  recordOf(name: string): FoldRecord | undefined {
    const place = this.#places.get(name);
    return place && this.#records.read(place.offset, place.length);
  }

  #take(record: FoldRecord): void {
    const { type, offset, length } = record;
    if (type === CURSOR_TYPE) {
      this.cursor = record.cursor().toBytes();
      return;
    }
    this.end = offset + length;
    if (type === PUT_TYPE) this.#places.set(nameOf(record), { offset, length });
    else if (!isGroupMark(record)) this.#places.delete(nameOf(record));
  }
}
