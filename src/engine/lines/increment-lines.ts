import { ContentDigest } from '../bytes/hash/content-digest.js';
import type { EntrySum } from '../bytes/hash/entry-sum.js';
import type { JsonFields } from '../bytes/text/json-line.js';
import { toUtf8 } from '../bytes/text/text.js';
import { AttributeDigest } from './attribute-digest.js';
import {
  bytesField,
  bytesOf,
  entryLine,
  parseExportLine,
  type LinesEnd,
  type LinesHeader,
} from './export-lines.js';
import { parsePosition, positionFields, type IncrementPosition } from './increment-position.js';

/*
 * An increment: what changed from one position of a store to a later one. A first line of a version of its own, which
 * releases that know only whole exports refuse; a line with both positions; a line for each key that changed, in key
 * order; an end with the sums of the whole content at both positions, and of the lines. docs/commands/export.md has the page.
 */

/** The version in the first line of an increment; whole exports have 1. */
export const INCREMENT_VERSION = 2;

/** A key that changed: put where there is a value, deleted where there is none. */
export interface KeyChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  readonly version?: Uint8Array | undefined;
}

/** The two positions. */
export interface IncrementHeader {
  readonly since: IncrementPosition;
  readonly until: IncrementPosition;
  /** The id of the state directory that it was taken from, in hex: it says where it comes from, and is not compared. */
  readonly store?: string | undefined;
}

/** A whole content, by its digests, which take all of it to tell, or by a sum that changes bring up to date, or by both. */
export interface ContentEnd extends Omit<LinesEnd, 'digest'> {
  readonly digest?: string | undefined;
  /** `EntrySum`. */
  readonly sum?: string | undefined;
}

/** The content of the last line. */
export interface IncrementEnd {
  /** The whole content before and after. */
  readonly since: ContentEnd;
  readonly until: ContentEnd;
  readonly puts: number;
  readonly deletes: number;
  /** The digest of the lines (`ChangesDigest`). */
  readonly lines: string;
}

/** One line of an increment behind its first. */
export type IncrementLine =
  { readonly positions: IncrementHeader } | { readonly change: KeyChange } | { readonly end: IncrementEnd };

const NO_BYTES = new Uint8Array(0);
const PUT_MARK = Uint8Array.of(1);
const DELETE_MARK = Uint8Array.of(2);
const STORE_ID = /^[0-9a-f]{32}$/;
const SUM = /^[0-9a-f]{64}$/;

/** The digests of a whole content, counted entry by entry in key order, and its sum where that is wanted. */
export class ContentSums {
  readonly #digest = new ContentDigest();
  readonly #attributes: AttributeDigest;
  readonly #sum: EntrySum | undefined;

  constructor(header: LinesHeader, sum?: EntrySum) {
    this.#attributes = new AttributeDigest(header);
    this.#sum = sum;
  }

  add(key: Uint8Array, value: Uint8Array, version: Uint8Array | undefined): void {
    this.#digest.add(key, value);
    this.#attributes.add(key, version);
    this.#sum?.add(key, value, version);
  }

  sums(): ContentEnd & Required<LinesEnd> {
    const { keys } = this.#digest;
    return { keys, digest: this.#digest.hex(), attributes: this.#attributes.hex(), sum: this.#sum?.hex() };
  }
}

/** The digest of an increment's own lines: BLAKE3 as `ContentDigest` has it, over all that they say. */
export class ChangesDigest {
  readonly #digest = new ContentDigest();
  puts = 0;
  deletes = 0;

  constructor(header: IncrementHeader) {
    this.#digest.add(NO_BYTES, toUtf8(positionsLine(header)));
  }

  add({ key, value, version = NO_BYTES }: KeyChange): void {
    this.#digest.add(key, value === undefined ? DELETE_MARK : PUT_MARK);
    if (value === undefined) {
      this.deletes += 1;
      return;
    }
    this.puts += 1;
    this.#digest.add(version, value);
  }

  /** The last line's content. */
  end(since: ContentEnd, until: ContentEnd): IncrementEnd {
    this.#digest.add(NO_BYTES, toUtf8(JSON.stringify([sumsOf(since), sumsOf(until)])));
    return { since, until, puts: this.puts, deletes: this.deletes, lines: this.#digest.hex() };
  }
}

/** True where all that is known of both agrees: their digests, or their sums, or both. */
export function isSameContent(one: ContentEnd, other: ContentEnd): boolean {
  const hasDigests = one.digest !== undefined && other.digest !== undefined;
  const hasSums = one.sum !== undefined && other.sum !== undefined;
  return (
    (hasDigests || hasSums) &&
    one.keys === other.keys &&
    (!hasDigests || (one.digest === other.digest && one.attributes === other.attributes)) &&
    (!hasSums || one.sum === other.sum)
  );
}

/** Names a content as it is said to be, and as it is instead, for messages. */
export function contentTexts(
  said: ContentEnd,
  found: ContentEnd,
): { readonly expected: string | undefined; readonly found: string | undefined } {
  return said.digest === undefined
    ? { expected: said.sum, found: found.sum }
    : { expected: said.digest, found: found.digest };
}

/** The two lines in front. */
export function incrementStart(header: IncrementHeader): string {
  return `${JSON.stringify({ statelog: INCREMENT_VERSION, kind: 'increment' })}\n${positionsLine(header)}`;
}

/** The line of one change, in parts. */
export function* changeLine({ key, value, version }: KeyChange): Generator<string, void> {
  if (value === undefined) yield `{"op":"delete",${bytesField('key', key)}}\n`;
  else yield* entryLine({ key, value, version });
}

/** The last line of an increment. */
export function incrementEnd({ since, until, puts, deletes, lines }: IncrementEnd): string {
  const end = { since: sumsOf(since), until: sumsOf(until), puts, deletes, lines };
  return `${JSON.stringify({ end })}\n`;
}

/** True of the first line of an increment. */
export function isIncrementStart(fields: JsonFields | undefined): boolean {
  return fields?.['statelog'] === INCREMENT_VERSION && fields['kind'] === 'increment' && hasOnly(fields, 2);
}

/**
 * Parses a line behind the first; the result is a text, saying what is wrong, if the line is bad.
 * @throws StatelogError as `parseExportLine`
 */
export function parseIncrementLine(fields: JsonFields | undefined): IncrementLine | string {
  if (fields === undefined) return 'it is no JSON object';
  if ('since' in fields) return parsePositions(fields);
  if ('op' in fields) return parseDelete(fields);
  if ('end' in fields) return parseEnd(fields);
  const parsed = parseExportLine(fields);
  if (typeof parsed === 'string') return parsed;
  return 'entry' in parsed ? { change: parsed.entry } : 'no increment has such a line';
}

function positionsLine({ since, until, store }: IncrementHeader): string {
  return `${JSON.stringify({ since: positionFields(since), until: positionFields(until), store })}\n`;
}

function sumsOf({ keys, digest, attributes, sum }: ContentEnd): ContentEnd {
  return { keys, digest, attributes, sum };
}

function hasOnly(fields: object, count: number): boolean {
  return Object.keys(fields).length === count;
}

function parsePositions(fields: JsonFields): IncrementLine | string {
  const since = parsePosition(fields['since']);
  const until = parsePosition(fields['until']);
  const store = fields['store'];
  const isGood = store === undefined || (typeof store === 'string' && STORE_ID.test(store));
  if (since === undefined || until === undefined || !isGood || !hasOnly(fields, store === undefined ? 2 : 3))
    return 'it does not say two positions';
  if (since.kind !== until.kind) return 'its two positions are of two kinds of store';
  return { positions: { since, until, store } };
}

function parseDelete(fields: JsonFields): IncrementLine | string {
  const key = bytesOf(fields, 'key');
  if (fields['op'] !== 'delete' || key === undefined || !hasOnly(fields, 2)) return 'it is no delete';
  return { change: { key, value: undefined } };
}

function parseEnd(fields: JsonFields): IncrementLine | string {
  const { end } = fields as { readonly end: unknown };
  if (typeof end === 'object' && end !== null && hasOnly(end, 5) && hasOnly(fields, 1)) {
    const { since, until, puts, deletes, lines } = end as Record<string, unknown>;
    const before = endOf(since);
    const after = endOf(until);
    const isCounted = Number.isSafeInteger(puts) && Number.isSafeInteger(deletes);
    if (before !== undefined && after !== undefined && isCounted && typeof lines === 'string') {
      return {
        end: { since: before, until: after, puts: puts as number, deletes: deletes as number, lines },
      };
    }
  }
  return 'it is not how an increment ends';
}

function endOf(end: unknown): ContentEnd | undefined {
  if (typeof end !== 'object' || end === null) return undefined;
  const { sum, ...rest } = end as Record<string, unknown>;
  if (sum !== undefined && (typeof sum !== 'string' || !SUM.test(sum))) return undefined;
  if (sum !== undefined && !('digest' in rest)) {
    const { keys } = rest;
    return Number.isSafeInteger(keys) && hasOnly(rest, 1) ? { keys: keys as number, sum } : undefined;
  }
  const parsed = parseExportLine({ end: rest });
  return typeof parsed !== 'string' && 'end' in parsed ? { ...parsed.end, sum } : undefined;
}
