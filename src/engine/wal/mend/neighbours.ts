import { joinI64, joinU64 } from '../../bytes/halves.js';
import type { OrderFields } from '../format/record-order.js';

/** The facts that a good record gives about a damaged one beside it. */
export interface Neighbour {
  readonly coreId: number;
  readonly epoch: bigint;
  readonly sequence: bigint;
  readonly timestampNs: bigint;
  /** Whether it says its lag: statelog wrote it. */
  readonly hasLag: boolean;
}

/** The facts that an entry gives about those beside it. */
export function neighbourOf(fields: OrderFields): Neighbour {
  return {
    coreId: fields.coreId,
    epoch: joinU64(fields.epochLow, fields.epochHigh),
    sequence: joinU64(fields.sequenceLow, fields.sequenceHigh),
    timestampNs: joinI64(fields.timestampLow, fields.timestampHigh),
    hasLag: fields.lag >= 0,
  };
}

/**
 * Whether a record belongs between two others: it is the very next one after the one before it, or the very one before the next.
 * One of the two is enough, since files are joined and numbering restarts; a record that has no neighbours is not held against any.
 * @param position where it starts in its file: its lag cannot be more
 */
export function mayStandBetween(
  fields: OrderFields,
  position: number,
  before: Neighbour | undefined,
  after: Neighbour | undefined,
): boolean {
  if (fields.lag > position) return false;
  const record = neighbourOf(fields);
  if (before !== undefined && isNext(before, record)) return true;
  if (after !== undefined && isNext(record, after)) return true;
  return before === undefined && after === undefined;
}

function isNext(first: Neighbour, second: Neighbour): boolean {
  if (second.coreId !== first.coreId || second.hasLag !== first.hasLag) return false;
  if (second.sequence !== first.sequence + 1n || second.epoch < first.epoch) return false;
  // LaminarDB's clock may go back.
  return !first.hasLag || second.timestampNs >= first.timestampNs;
}
