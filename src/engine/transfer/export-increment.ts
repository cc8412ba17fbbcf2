import { cursorText } from '../fold/format/position-text.js';
import { pairedEntries } from '../inspect/compare-stores.js';
import { fromUtf8 } from '../bytes/text/text.js';
import { isStatelogError } from '../errors.js';
import type { ContentEnd, IncrementEnd } from '../lines/increment-lines.js';
import { positionName, type IncrementPosition } from '../lines/increment-position.js';
import { ChainSums } from './chain/chain-sums.js';
import { quickIncrement, standingAt } from './chain/next-increment.js';
import { incrementLines } from './chain/pair-lines.js';
import type { Prepared } from './export-content.js';
import {
  checkpointUpTo,
  incrementSides,
  type IncrementSides,
  type PreparingSince,
} from './increment-sides.js';
import type { ExportReport } from './prepared-export.js';

type Report = Omit<ExportReport, 'path'>;

/**
 * The changes in a store after a position: all that differs between the content there and the content at its end. Where an
 * earlier increment says what the store held there, only what was written since is read, if that tells it.
 * @throws StatelogError as `incrementSides` and `quickIncrement`
 */
export function incrementContent(preparing: PreparingSince): Prepared {
  return quickContent(preparing) ?? contentOfSides(preparing);
}

/** @returns undefined where nothing says what the store held, or what was written since does not tell what changed */
function quickContent(preparing: PreparingSince): Prepared | undefined {
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

function contentOfSides(preparing: PreparingSince): Prepared {
  const sides = incrementSides(preparing);
  return { content: { lines: () => linesOf(sides, preparing) }, notices: sides.end.notices };
}

function* linesOf(
  { base, end }: IncrementSides,
  { source, since }: PreparingSince,
): Generator<string, Report> {
  const header = { since: base.position, until: end.position, store: end.storeId };
  const expected = typeof since === 'string' ? undefined : { path: source, chain: since };
  const pairs = pairedEntries(base.lentEntries(), end.lentEntries());
  return reportOf(
    base.position,
    end.position,
    yield* incrementLines(header, pairs, new ChainSums(header, expected)),
  );
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
