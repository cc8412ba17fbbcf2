import { compareBytes, equalBytes } from '../bytes/compare.js';
import { ContentDigest } from '../bytes/hash/content-digest.js';
import { damagedLinesHint } from './damaged-lines-hint.js';
import { JsonLines, type JsonLine } from '../bytes/text/json-lines.js';
import { StatelogError, type ErrorDetails } from '../errors.js';
import { freeCopy } from '../bytes/free-copy.js';
import type { StoredEntry } from '../store/store.js';
import { AttributeDigest } from './attribute-digest.js';
import { parseExportLine, type LinesEnd, type LinesHeader } from './export-lines.js';

/** The place of a line in its stream. */
export interface LinePlace {
  readonly start: number;
  /** Bytes, its line end left out. */
  readonly length: number;
}

/** The summary of an export, once all of it was read. */
export interface CheckedExport {
  readonly header: LinesHeader;
  readonly end: LinesEnd;
}

const NO_CURSOR = new Uint8Array(0);

/**
 * Checks an NDJSON export as it comes, line by line: that it starts and ends as one, that keys ascend, and that it is what
 * its end says. What is wrong is said as soon as it was read.
 */
export class CheckedLines {
  readonly #origin: string;
  readonly #visit: (entry: StoredEntry, place: LinePlace) => void;
  readonly #lines = new JsonLines();
  readonly #digest = new ContentDigest();
  #header: LinesHeader | undefined;
  #attributes: AttributeDigest | undefined;
  #end: LinesEnd | undefined;
  #lastKey: Uint8Array | undefined;
  #cursor: Uint8Array | undefined;

  /**
   * @param origin the path or the stream's name, for messages
   * @param visit shown each entry; its bytes are lent for the call
   */
  constructor(origin: string, visit: (entry: StoredEntry, place: LinePlace) => void) {
    this.#origin = origin;
    this.#visit = visit;
  }

  /** The header, once the first line has come. */
  get header(): LinesHeader | undefined {
    return this.#header;
  }

  /**
   * Takes the next bytes, valid during the call.
   * @throws StatelogError `INVALID_ARTIFACT`, `DIGEST_MISMATCH`, `UNSUPPORTED_VERSION`
   */
  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
    for (let line = this.#lines.next(); line !== undefined; line = this.#lines.next()) this.#take(line);
  }

  /**
   * Ends the stream.
   * @throws StatelogError `UNFINISHED_STREAM` where its end has not come
   */
  finish(): CheckedExport {
    if (this.#lines.isWithinLine && this.#end !== undefined) throw this.#invalid('bytes follow the end');
    if (this.#header === undefined || this.#end === undefined) throw this.#unfinished();
    return { header: this.#header, end: this.#end };
  }

  #take(line: JsonLine): void {
    const { number, start } = line;
    const at = { line: number, offset: start };
    const plain = this.#isAmongEntries ? line.plainEntry() : undefined;
    if (plain !== undefined) {
      this.#takeEntry(plain, line, at);
      return;
    }
    const parsed = parseExportLine(line.fields());
    if (typeof parsed === 'string') throw this.#invalid(`line ${number} was refused: ${parsed}`, at);
    if (this.#end !== undefined) throw this.#invalid(`line ${number} follows the end`, at);
    if ('header' in parsed) {
      if (number > 1) throw this.#invalid(`line ${number} starts another export`, at);
      this.#header = parsed.header;
      this.#attributes = new AttributeDigest(parsed.header);
    } else if (this.#header === undefined) {
      throw this.#invalid('it does not start as an export does', at);
    } else if ('end' in parsed) this.#takeEnd(parsed.end, this.#header);
    else if ('cursor' in parsed) this.#cursor = parsed.cursor;
    else if (this.#cursor !== undefined) throw this.#invalid(`line ${number} follows the cursor`, at);
    else this.#takeEntry(parsed.entry, line, at);
  }

  /** True from the first line on to the cursor or the end. */
  get #isAmongEntries(): boolean {
    return this.#header !== undefined && this.#cursor === undefined && this.#end === undefined;
  }

  #takeEntry(entry: StoredEntry, place: LinePlace, at: ErrorDetails): void {
    const { key, value, version } = entry;
    if (this.#lastKey !== undefined && compareBytes(this.#lastKey, key) >= 0)
      throw this.#invalid(`the key of line ${at.line} does not ascend`, at);
    this.#lastKey = freeCopy(key);
    this.#digest.add(key, value);
    this.#attributes!.add(key, version);
    this.#visit(entry, place);
  }

  #takeEnd(end: LinesEnd, header: LinesHeader): void {
    const keys = this.#digest.keys;
    const digest = this.#digest.hex();
    if (end.keys !== keys || end.digest !== digest) {
      throw this.#mismatch(`${end.keys} keys, ${end.digest}`, `${keys} keys, ${digest}`);
    }
    const attributes = this.#attributes!.hex();
    if (end.attributes !== undefined && end.attributes !== attributes) {
      throw this.#mismatch(`attributes ${end.attributes}`, `attributes ${attributes}`);
    }
    // Without an earlier line the header alone says it.
    if (this.#cursor !== undefined && !equalBytes(this.#cursor, header.cursor ?? NO_CURSOR))
      throw this.#invalid('it ends at another cursor than it starts with');
    this.#end = end;
  }

  #unfinished(): StatelogError {
    return new StatelogError('UNFINISHED_STREAM', 'the export ended before its end', {
      path: this.#origin,
      class: 'missing-file',
      safe: 'nothing was made of it',
      hint: hintAbout(this.#origin),
    });
  }

  #invalid(reason: string, details: ErrorDetails = {}): StatelogError {
    return new StatelogError('INVALID_ARTIFACT', `the export is not whole: ${reason}`, {
      path: this.#origin,
      class: 'undecodable',
      safe: 'nothing was made of it',
      hint: hintAbout(this.#origin),
      ...details,
    });
  }

  #mismatch(expected: string, found: string): StatelogError {
    return new StatelogError('DIGEST_MISMATCH', 'the content is not what its last line says', {
      path: this.#origin,
      class: 'digest-mismatch',
      expected,
      found,
      safe: 'nothing was made of it',
      hint: hintAbout(this.#origin),
    });
  }
}

/** The advice about an export that is not whole. @param origin a path, the name of standard input, or a URL */
function hintAbout(origin: string): string {
  const again = 'run the transfer again';
  return origin.includes('://') ? again : `${again}, or ${damagedLinesHint(origin)}`;
}
