import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { compareMerged, KeptOrder } from '../format/merge-order.js';
import type { RecordOrder } from '../format/record-order.js';
import { RecordStream } from './record-stream.js';

/** A part of a segment whose records are in merged order. */
export interface SortedRun {
  readonly from: number;
  /** Start of the next run; Infinity for the last one. */
  readonly to: number;
  /** The order of the records before it. */
  readonly order: RecordOrder;
  /** Whether its first record follows bytes after which more may be missing than they held, as was decided there. */
  readonly mayJump: boolean;
}

/** The source to look for runs in. */
export interface RunSource {
  readonly fileSystem: FileSystem;
  readonly descriptor: FileDescriptor;
  readonly coreId: number;
  readonly end: number;
}

/**
 * The parts of a segment that are in merged order each. Ours are one part: in a segment with lags
 * epochs and time never go back, so that its first record answers. LaminarDB's clock may go back, and
 * a segment that it reopened starts again at epoch 0; it sorts all records when it merges, so these are
 * read through once. At most `runsMax` are told apart: the last one may then be out of order.
 */
export function sortedRuns(source: RunSource, runsMax: number): SortedRun[] {
  const { fileSystem, descriptor, coreId, end } = source;
  const stream = new RecordStream({ fileSystem, descriptor, coreId, from: 0, end });
  const starts = [0];
  const orders = [stream.order.clone()];
  const jumps = [false];
  const last = new KeptOrder();
  let isFirst = true;
  const before = stream.order.clone();
  for (;;) {
    const { mayJump } = stream;
    const event = stream.next();
    if (event === 'end') break;
    if (event !== 'record') continue;
    const { view } = stream.reader;
    if (isFirst && view.lag >= 0) break;
    if (!isFirst && compareMerged(view, last) < 0) {
      if (starts.length >= runsMax) break;
      starts.push(stream.offset);
      orders.push(before.clone());
      jumps.push(mayJump);
    }
    isFirst = false;
    last.copyFrom(view);
    before.copyFrom(stream.order);
  }
  return starts.map((from, at) => {
    return { from, to: starts[at + 1] ?? Infinity, order: orders[at]!, mayJump: jumps[at]! };
  });
}
