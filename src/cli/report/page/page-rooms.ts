import type { Html } from './html.js';

const KIB = 1024;

/**
 * Bytes of a page for one kind of its pieces. What does not fit is left out and counted, so that no kind takes the room of
 * another, and the page stays small whatever it is about.
 */
export class PageRoom {
  #left: number;
  #leftOut = 0;

  constructor(bytesMax: number) {
    this.#left = bytesMax;
  }

  /** How many pieces had no room. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Whether there is any room: asked before a piece is made that takes long. */
  get isOpen(): boolean {
    return this.#leftOut === 0;
  }

  /** Whether a piece has room, which it then takes; after the first that has none, none has. */
  take(piece: Html): boolean {
    const { bytes } = piece;
    if (!this.isOpen || bytes > this.#left) {
      this.#leftOut += 1;
      return false;
    }
    this.#left -= bytes;
    return true;
  }

  /** Counts a piece that was not made, since there is no room. */
  leave(): void {
    this.#leftOut += 1;
  }
}

/** The rooms of one page. With what always stands in it, they come to less than 1 MiB. */
export class PageRooms {
  /** A row and a section of each path. */
  readonly paths = new PageRoom(96 * KIB);
  readonly hints = new PageRoom(64 * KIB);
  readonly timelines = new PageRoom(64 * KIB);
  /** Sections of files in which something is wrong. */
  readonly pictures = new PageRoom(180 * KIB);
  readonly findings = new PageRoom(190 * KIB);
  /** Hexdumps. */
  readonly dumps = new PageRoom(180 * KIB);
  /** Rows of files in which all is good. */
  readonly goodFiles = new PageRoom(64 * KIB);
  /** Rows of keys: that are lost, or differ. */
  readonly keys = new PageRoom(100 * KIB);
  /** Lines about what became of single places. */
  readonly outcomes = new PageRoom(40 * KIB);
}
