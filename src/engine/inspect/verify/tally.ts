import type { FileMaps } from './file-map.js';
import { FindingLimit } from './findings/finding-limit.js';
import type { RecordTimeline } from './record-timeline.js';

/** The sums over everything that was read from one path. */
export class Tally {
  files = 0;
  bytes = 0;
  records = 0;
  /** Good records of logs that stand behind damage, or in an unfinished end. */
  recordsBehind = 0;
  /** Live keys, as far as the kind counts them. */
  keys = 0;

  /** The maps that draw the files; undefined if nobody wants any. */
  readonly maps: FileMaps | undefined;

  /** Takes the times of records; undefined if nobody wants them. */
  readonly timeline: RecordTimeline | undefined;

  readonly #toldMax: number;

  /** @param toldMax how many findings of a kind in a file are told one by one */
  constructor(maps?: FileMaps, timeline?: RecordTimeline, toldMax = Infinity) {
    this.maps = maps;
    this.timeline = timeline;
    this.#toldMax = toldMax;
  }

  /** For the findings in one file. */
  limitFor(file: string): FindingLimit {
    const { maps } = this;
    return new FindingLimit(this.#toldMax, maps && ((place) => maps.markPlace(file, place)));
  }

  /** Counts a file that was read whole, all its findings told. */
  addFile(path: string, bytes: number, isSegment = false): void {
    this.files++;
    this.bytes += bytes;
    this.maps?.finish(path, bytes, isSegment);
  }
}
