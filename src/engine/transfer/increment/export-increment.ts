import { cursorText } from '../../fold/format/position-text.js';
import { fromUtf8 } from '../../bytes/text/text.js';
import { isStatelogError } from '../../errors.js';
import type { ContentEnd, IncrementEnd } from '../../lines/increment-lines.js';
import { positionName, type IncrementPosition } from '../../lines/increment-position.js';
import { ChainSums } from '../chain/chain-sums.js';
import { quickIncrement, standingAt } from '../chain/next-increment.js';
import { incrementLines } from '../chain/pair-lines.js';
import type { Prepared } from '../export-content.js';
import { checkpointUpTo, type PreparingSince } from './increment-sides.js';
import { incrementSpan, type IncrementSpan } from './increment-span.js';
import type { ExportReport } from '../prepared-export.js';

type Report = Omit<ExportReport, 'path'>;

/**
 * The changes in a store after a position: all that differs between the content there and the content at its end. Where an
 * earlier increment says what the store held there, only what was written since is read, if that tells it.
 * @throws StatelogError as `incrementSpan` and `quickIncrement`
 */
export function incrementContent(preparing: PreparingSince): Prepared {
  return incrementAtHand(preparing) ?? contentOfSpan(preparing);
}

/**
 * As `incrementContent`, by what was written since alone, and in memory.
 * @returns undefined where nothing says what the store held, or what was written since does not tell what changed */
export function incrementAtHand(preparing: PreparingSince): Prepared | undefined {
  const { fileSystem, source, since } = preparing;
  if (typeof since === 'string') return undefined;
  const next = quickUpTo(fileSystem, source, since, checkpointUpTo(preparing));
  if (next === undefined) return undefined;
  const { bytes, end, header } = next.increment ?? standingAt(since);
  const report = reportOf(since.position, header.until, end);
  return {
    content: {
      lines: function* () {
        yield* [fromUtf8(bytes)!];
        return report;
      },
      isAtHand: true,
    },
    notices: next.notices,
  };
}

/** As `quickIncrement`; undefined also for an increment that is too large to be put together in memory: it goes out as it is read. */
function quickUpTo(...request: Parameters<typeof quickIncrement>): ReturnType<typeof quickIncrement> {
  try {
    return quickIncrement(...request);
  } catch (error) {
    if (isStatelogError(error, 'LIMIT_EXCEEDED')) return undefined;
    throw error;
  }
}

/**
 * As `incrementContent`, by all that the store held.
 * @throws StatelogError as `incrementSpan`
 */
export function contentOfSpan(preparing: PreparingSince): Prepared {
  const span = incrementSpan(preparing);
  return { content: { lines: () => linesOf(span, preparing) }, notices: span.notices };
}

function* linesOf(
  { header, pairs }: IncrementSpan,
  { source, since }: PreparingSince,
): Generator<string, Report> {
  const expected = typeof since === 'string' ? undefined : { path: source, chain: since };
  const sums = new ChainSums(header, expected);
  return reportOf(header.since, header.until, yield* incrementLines(header, pairs(), sums));
}

function reportOf(
  since: IncrementPosition,
  { epoch, cursor }: IncrementPosition,
  { until, puts, deletes }: IncrementEnd,
): Report {
  const { keys, digest, sum }: ContentEnd = until;
  return {
    epoch: epoch === undefined ? null : String(epoch),
    cursor: cursorText(cursor) ?? null,
    keys,
    digest: digest ?? null,
    sum: sum ?? null,
    since: positionName(since),
    puts,
    deletes,
  };
}
