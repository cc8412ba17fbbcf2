import { commandText } from '../../bytes/text/command-hints.js';
import { StatelogError } from '../../errors.js';
import { cursorText } from '../../fold/format/position-text.js';
import type { Increment } from '../../lines/checked-increment.js';
import type { LinesHeader } from '../../lines/export-lines.js';
import { contentTexts, isSameContent, type ContentEnd, type KeyChange } from '../../lines/increment-lines.js';
import type { EntriesInOrder } from '../build-store.js';
import { sumsAround } from './layered-content.js';

/** An increment, verified and in memory. */
export interface ReadIncrement extends Increment {
  readonly changes: readonly KeyChange[];
}

/** A store as it stands. */
export interface Standing {
  readonly position: LinesHeader;
  readonly forEachEntry: EntriesInOrder;
}

/** The store that an increment goes onto, by its path, and the increment, by its place. */
export interface StandingRequest {
  readonly destination: string;
  readonly source: string;
  /** The digest of the content afterwards must be this. */
  readonly expect?: string | undefined;
}

/**
 * Goes through the store once: what it holds must be the base, and with the changes laid over it the end.
 * @returns the digest of the end
 */
export function checkStands(
  { destination: path, source, expect }: StandingRequest,
  { position, forEachEntry }: Standing,
  increment: ReadIncrement,
): string {
  const { header, end, changes } = increment;
  const stands = positionText(position);
  if (stands !== positionText(header.since)) throw elsewhere(path, stands, increment);
  const { before, after } = sumsAround(
    forEachEntry,
    changes,
    { position, content: end.since },
    { position: header.until, content: end.until },
  );
  if (!isSameContent(before, end.since)) throw otherContent(path, stands, before, increment);
  if (!isSameContent(after, end.until)) throw mismatch(path, contentTexts(end.until, after));
  checkExpected(source, expect, after.digest);
  return after.digest;
}

/** @throws StatelogError `DIGEST_MISMATCH` where a digest is another than the one that is expected, if any is */
export function checkExpected(path: string, expected: string | undefined, found: string): void {
  if (expected !== undefined && expected.toLowerCase() !== found) throw mismatch(path, { expected, found });
}

function positionText({ kind, epoch, cursor }: LinesHeader): string {
  return kind === 'directory' ? `epoch ${epoch ?? 0n}` : `cursor ${cursorText(cursor) ?? 'none'}`;
}

function elsewhere(path: string, stands: string, { header, end }: ReadIncrement): StatelogError {
  const starts = positionText(header.since);
  const isThere = stands === positionText(header.until);
  const { digest } = end.until;
  const said =
    digest === undefined ? '' : `: ${commandText('statelog', 'stat', path, '--digest')} then says ${digest}`;
  return new StatelogError(
    'SOURCE_MISMATCH',
    `the store stands at ${stands}, and the increment goes from ${starts} to ${positionText(header.until)}`,
    {
      path,
      expected: starts,
      found: stands,
      safe: 'the store is as it was',
      hint: isThere
        ? `it may have been applied already${said}`
        : `apply one that starts at ${stands}, or import a whole snapshot to a new place`,
    },
  );
}

function otherContent(
  path: string,
  stands: string,
  content: ContentEnd,
  { header, end }: ReadIncrement,
): StatelogError {
  const { expected, found } = contentTexts(end.since, content);
  const by = end.since.digest === undefined ? 'sum' : 'digest';
  const of =
    header.store === undefined
      ? 'the store it was taken from'
      : `store ${header.store}, from which it was taken,`;
  return new StatelogError(
    'SOURCE_MISMATCH',
    `the store stands at ${stands}, and does not hold what ${of} held there`,
    {
      path,
      expected: `${positionText(header.since)}, ${end.since.keys} keys, ${by} ${expected}`,
      found: `${stands}, ${by} ${found}`,
      safe: 'the store is as it was',
      hint: 'it is another store, or was written to, or is a snapshot of an epoch that was still open: import a whole snapshot to a new place',
    },
  );
}

function mismatch(path: string, texts: ReturnType<typeof contentTexts>): StatelogError {
  return new StatelogError(
    'DIGEST_MISMATCH',
    'the content afterwards would not be the one that was expected',
    {
      path,
      class: 'digest-mismatch',
      ...texts,
      safe: 'the store is as it was',
      hint: 'export the increment again',
    },
  );
}
