import { OrderedMapWriter } from '../../rkyv/ordered-map/ordered-map-writer.js';
import { runToEnd, type Steps } from '../../steps.js';
import type { IndexMeasure, IndexShape } from '../format/index-size.js';
import { checkIndexFits, expectedIndexBytes, indexBytesMin } from '../format/index-size.js';
import {
  type IndexFileFields,
  IndexFileOutput,
  type IndexFilePlace,
  type IndexFileResult,
} from './index-file-output.js';

export type { IndexFileFields, IndexFileResult } from './index-file-output.js';

export interface IndexFileOptions extends IndexFilePlace, IndexShape {
  /** An index with similar keys, such as the one before, to leave the right room for the block. */
  readonly similar?: IndexMeasure | undefined;
}

/**
 * Writes an index file as a stream, from entries in key order. It holds a block of output and four
 * bytes for each 4 KiB of index, and reads nothing back, but where its size was guessed wrong
 * (`IndexFileOutput`): it differs by the padding before nodes.
 */
export class IndexFileWriter {
  readonly #count: number;
  readonly #map: OrderedMapWriter;
  readonly #output: IndexFileOutput;
  #keyBytes = 0;
  #liveBytes = 0;

  /** @throws StatelogError `LIMIT_EXCEEDED` where the index would pass 2 GiB: nothing was written */
  constructor(options: IndexFileOptions) {
    checkIndexFits(options, options.path, indexBytesMin(options));
    this.#count = options.count;
    this.#output = new IndexFileOutput(options, expectedIndexBytes(options, options.similar));
    this.#map = new OrderedMapWriter(options.count, (bytes) => {
      this.#output.take(bytes);
    });
  }

  /**
   * Adds the next entry; the key is copied.
   * @throws StatelogError `DAMAGED` where the key is not above the last one, `LIMIT_EXCEEDED`
   */
  add(key: Uint8Array, offset: number, length: number): void {
    this.addAt(key, 0, key.length, offset, length);
  }

  /** Adds, as `add` does, an entry whose key stands in a buffer. */
  addAt(buffer: Uint8Array, keyStart: number, keyLength: number, offset: number, length: number): void {
    this.#map.addAt(buffer, keyStart, keyLength, offset, length);
    this.#keyBytes += keyLength;
    this.#liveBytes += length;
  }

  /** Writes what is left, then the block and the header. Nothing is synced. */
  finish(fields: IndexFileFields): IndexFileResult {
    return runToEnd(this.finishInSteps(fields));
  }

  /** Does what `finish` does, in steps. */
  *finishInSteps(fields: IndexFileFields): Steps<IndexFileResult> {
    const totals = { count: this.#count, keyBytes: this.#keyBytes, liveBytes: this.#liveBytes };
    return yield* this.#output.finish(this.#map.finish(), totals, fields);
  }
}
