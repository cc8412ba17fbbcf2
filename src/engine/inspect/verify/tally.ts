import type { FileMaps } from './file-map.js';

/** What was read, added up over everything that one path holds. */
export class Tally {
  files = 0;
  bytes = 0;
  records = 0;
  /** Good records of logs that stand behind damage, or in an unfinished end. */
  recordsBehind = 0;
  /** Live keys, as far as the kind counts them. */
  keys = 0;

  /** What draws the files; undefined where nobody wants that. */
  readonly maps: FileMaps | undefined;

  constructor(maps?: FileMaps) {
    this.maps = maps;
  }

  /** Counts a file that was read whole, all its findings told. */
  addFile(path: string, bytes: number): void {
    this.files++;
    this.bytes += bytes;
    this.maps?.finish(path, bytes);
  }
}
