import { highHalf, lowHalf } from '../../bytes/halves.js';
import {
  createWalEntryHeader,
  encodeCheckpoint,
  encodeCommit,
  encodeDelete,
  encodeEpochBarrier,
  encodePut,
  type WalEntryHeader,
} from './wal-entry-encoder.js';
import {
  TAG_CHECKPOINT,
  TAG_DELETE,
  TAG_EPOCH_BARRIER,
  TAG_PUT,
  type WalEntry,
  walEntryBytes,
} from './wal-entry-format.js';

export * from './wal-entry-encoder.js';
export * from './wal-entry-format.js';
export * from './wal-entry-view.js';

function headerOf(entry: WalEntry): WalEntryHeader {
  checkUnsigned(entry.epoch, 'epoch');
  checkUnsigned(entry.sequence, 'sequence');
  if (BigInt.asIntN(64, entry.timestampNs) !== entry.timestampNs) {
    throw new RangeError(`the timestamp ${entry.timestampNs} is not an i64`);
  }
  if (!(Number.isInteger(entry.coreId) && entry.coreId >= 0 && entry.coreId <= 0xffff)) {
    throw new RangeError(`the core ${entry.coreId} is not a u16`);
  }
  return Object.assign(createWalEntryHeader(), {
    epochLow: lowHalf(entry.epoch),
    epochHigh: highHalf(entry.epoch),
    sequenceLow: lowHalf(entry.sequence),
    sequenceHigh: highHalf(entry.sequence),
    coreId: entry.coreId,
    timestampLow: lowHalf(entry.timestampNs),
    timestampHigh: highHalf(entry.timestampNs),
    lag: entry.lag ?? -1,
  });
}

function checkUnsigned(value: bigint, name: string): void {
  if (BigInt.asUintN(64, value) !== value) throw new RangeError(`the ${name} ${value} is not a u64`);
}

/**
 * An entry as bytes of its own: for tests, tools and whoever writes few. The WAL writer uses the
 * functions of `wal-entry-encoder.ts`, which allocate nothing.
 * @throws StatelogError `INVALID_ARGUMENT` for a Commit's name that has no UTF-8 form
 * @throws RangeError for a number outside its field
 */
export function encodeWalEntry(entry: WalEntry): Uint8Array {
  const header = headerOf(entry);
  const { operation } = entry;
  switch (operation.op) {
    case 'put': {
      const bytes = new Uint8Array(walEntryBytes(TAG_PUT, operation.key.length, operation.value.length));
      encodePut(bytes, 0, header, operation.key, operation.value);
      return bytes;
    }
    case 'delete': {
      const bytes = new Uint8Array(walEntryBytes(TAG_DELETE, operation.key.length, 0));
      encodeDelete(bytes, 0, header, operation.key);
      return bytes;
    }
    case 'checkpoint': {
      checkUnsigned(operation.id, 'checkpoint id');
      const bytes = new Uint8Array(walEntryBytes(TAG_CHECKPOINT, 0, 0));
      encodeCheckpoint(bytes, 0, header, lowHalf(operation.id), highHalf(operation.id));
      return bytes;
    }
    case 'commit':
      return encodeCommit(header, operation.offsets, operation.watermark);
    case 'epochBarrier': {
      const { barrierEpoch } = operation;
      checkUnsigned(barrierEpoch, 'barrier epoch');
      const bytes = new Uint8Array(walEntryBytes(TAG_EPOCH_BARRIER, 0, 0));
      encodeEpochBarrier(bytes, 0, header, lowHalf(barrierEpoch), highHalf(barrierEpoch));
      return bytes;
    }
  }
}
