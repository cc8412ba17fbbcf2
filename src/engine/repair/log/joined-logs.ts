import { compareBytes, equalBytes } from '../../bytes/compare.js';
import type { Finding } from '../../finding.js';
import { CURSOR_TYPE, HEADER_BYTES } from '../../fold/format/format.js';
import type { FoldRecord } from '../../fold/format/record.js';
import { isLogJoinedAt } from '../../fold/record/joined-log.js';
import type { OpenLog } from '../../fold/record/log-window.js';
import { FoldScanner } from '../../fold/scan/scanner.js';

const CHUNK_BYTES = 64 * 1024;

/** One of the logs in a file: its records' place, and its last cursor, undefined where it has none. */
interface Part {
  readonly start: number;
  end: number;
  cursor: Uint8Array | undefined;
}

/** How a log that stands behind others in a file compares to them. */
type Age = 'a copy' | 'goes on' | 'older' | 'unknown';

/**
 * Tells what the logs in one file are to each other, where several were joined. A log is read from its first change to its last, so an
 * older one behind a newer would bring back what its keys were: it is left out where it is how another began, or where its last cursor
 * is lower. Nothing else tells.
 */
export class JoinedLogs {
  readonly #log: OpenLog;
  readonly #parts: Part[] = [{ start: HEADER_BYTES, end: HEADER_BYTES, cursor: undefined }];
  #isLeftOut = false;

  constructor(log: OpenLog) {
    this.#log = log;
  }

  /** True where a record belongs to a log that is left out. */
  isLeftOut(record: FoldRecord): boolean {
    if (this.#isLeftOut) return true;
    const part = this.#parts.at(-1)!;
    part.end = record.offset + record.length;
    if (record.type === CURSOR_TYPE) part.cursor = tokenOf(record);
    return false;
  }

  /** Takes note of bad bytes. @returns what to tell of the log that begins behind them; undefined where none does */
  see({ nextGood }: Finding): Finding | undefined {
    if (nextGood === undefined || !isLogJoinedAt(this.#log, nextGood)) return undefined;
    const part = this.#partFrom(nextGood);
    const age = this.#ageOf(part);
    this.#isLeftOut = age === 'a copy' || age === 'older';
    if (!this.#isLeftOut) this.#parts.push({ start: part.start, end: part.start, cursor: undefined });
    const offset = nextGood - HEADER_BYTES;
    const found = { file: this.#log.path, offset, bytes: part.end - offset } as const;
    switch (age) {
      case 'a copy':
        return {
          ...found,
          severity: 'notice',
          class: 'misplaced',
          message: `${BEGINS}, a copy of how one before it began; it is left out`,
        };
      case 'goes on':
        return {
          ...found,
          severity: 'notice',
          class: 'misplaced',
          message: `${BEGINS}, which begins as one before it does and goes on; both are used`,
        };
      case 'older':
        return {
          ...found,
          severity: 'damage',
          class: 'time-backwards',
          message: `${BEGINS}, and by its last cursor it is older than one before it; it is left out`,
        };
      case 'unknown':
        return {
          ...found,
          bytes: 0,
          severity: 'damage',
          class: 'misplaced',
          message: `${BEGINS}, and nothing tells which is the newer; its changes are taken for later ones: older values may stand for newer ones`,
        };
    }
  }

  #ageOf(part: Part): Age {
    const before = this.#parts;
    if (before.some((one) => this.#beginsAs(one, part))) return 'a copy';
    if (before.some((one) => this.#beginsAs(part, one))) return 'goes on';
    const isOlderThan = ({ cursor }: Part): boolean =>
      cursor !== undefined && cursor.length === part.cursor?.length && compareBytes(part.cursor, cursor) < 0;
    return before.some(isOlderThan) ? 'older' : 'unknown';
  }

  /** Whether all bytes of one log are the first of another. */
  #beginsAs(whole: Part, start: Part): boolean {
    const bytes = start.end - start.start;
    if (bytes > whole.end - whole.start) return false;
    const [chunk, other] = [new Uint8Array(CHUNK_BYTES), new Uint8Array(CHUNK_BYTES)];
    for (let done = 0; done < bytes; done += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, bytes - done);
      if (
        !equalBytes(
          this.#read(chunk, whole.start + done, length),
          this.#read(other, start.start + done, length),
        )
      )
        return false;
    }
    return true;
  }

  #read(chunk: Uint8Array, at: number, length: number): Uint8Array {
    const { fileSystem, descriptor } = this.#log;
    return chunk.subarray(0, fileSystem.read(descriptor, chunk, 0, length, at));
  }

  /** The log from a record on, to its end or to where the next one begins. */
  #partFrom(start: number): Part {
    const scanner = new FoldScanner(this.#log, { from: start, tornTail: 'show' });
    const part: Part = { start, end: start, cursor: undefined };
    for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
      if (step === 'finding' && isLogJoinedAt(this.#log, scanner.position)) break;
      if (step === 'finding') continue;
      part.end = scanner.position;
      if (scanner.record.type === CURSOR_TYPE) part.cursor = tokenOf(scanner.record);
    }
    return part;
  }
}

function tokenOf({ bytes, tokenStart, tokenLength }: FoldRecord): Uint8Array {
  return bytes.slice(tokenStart, tokenStart + tokenLength);
}

const BEGINS = 'another log begins here';
