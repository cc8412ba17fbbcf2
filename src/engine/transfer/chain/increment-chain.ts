import { StatelogError } from '../../errors.js';
import {
  isSameContent,
  type ContentEnd,
  type IncrementEnd,
  type IncrementHeader,
  type KeyChange,
} from '../../lines/increment-lines.js';
import { isSamePosition, positionName, type IncrementPosition } from '../../lines/increment-position.js';

/** The end of a chain: what the next increment stands on. */
export interface ChainEnd {
  readonly position: IncrementPosition;
  readonly content: ContentEnd;
  /** The id of the state directory that it is of, in hex. */
  readonly store: string | undefined;
}

/** One increment of a chain, verified by itself, and in memory. */
export interface ChainedIncrement {
  /** Its place, for messages. */
  readonly origin: string;
  readonly header: IncrementHeader;
  readonly end: IncrementEnd;
  readonly changes: readonly KeyChange[];
}

/** Increments to lay over a whole snapshot. */
export interface IncrementChain {
  /** The position of the snapshot, and its content. */
  readonly start: ChainEnd;
  /** In their order. */
  readonly increments: readonly ChainedIncrement[];
}

/** The moment at which an increment ends. */
export function endOf({ header, end }: Pick<ChainedIncrement, 'header' | 'end'>): ChainEnd {
  return { position: header.until, content: end.until, store: header.store };
}

/**
 * Checks that each increment begins where the one before it ended, in position and content.
 * @throws StatelogError `SOURCE_MISMATCH`, for a gap with both positions
 */
export function checkContinues({ start, increments }: IncrementChain): void {
  let { position, content } = start;
  for (const { origin, header, end } of increments) {
    if (header.store !== start.store) throw otherStore(origin, start.store, header.store);
    if (!isSamePosition(position, header.since) || !isSameContent(content, end.since))
      throw chainGap(origin, position, header.since);
    position = header.until;
    content = end.until;
  }
}

/** The refusal of a chain of which an increment is missing, or is another. */
export function chainGap(path: string, stands: IncrementPosition, since: IncrementPosition): StatelogError {
  const [expected, found] = [positionName(stands), positionName(since)];
  return new StatelogError(
    'SOURCE_MISMATCH',
    `the chain has a gap: before this increment it stands at ${expected}, and the increment starts at ${found}`,
    {
      path,
      expected,
      found,
      safe: 'nothing was made of it',
      hint: `restore the moment before the gap: 'statelog import URL NEW --at ${expected}'`,
    },
  );
}

function otherStore(path: string, expected: string | undefined, found: string | undefined): StatelogError {
  return new StatelogError('SOURCE_MISMATCH', 'the increment is of another store than the snapshot', {
    path,
    expected: `store ${expected ?? 'without an id'}`,
    found: `store ${found ?? 'without an id'}`,
    safe: 'nothing was made of it',
    hint: "'statelog list --chain' shows the moments before it, which --at restores",
  });
}
