import { highHalf, lowHalf } from '../../src/engine/bytes/halves.js';
import { WordCopier } from '../../src/engine/bytes/copy.js';
import {
  createWalEntryHeader,
  encodeCommit,
  encodeNumbered,
  type WalEntryHeader,
} from '../../src/engine/rkyv/entry/wal-entry-encoder.js';
import {
  TAG_CHECKPOINT,
  TAG_DELETE,
  TAG_EPOCH_BARRIER,
  TAG_PUT,
  type WalEntry,
  walEntryBytes,
} from '../../src/engine/rkyv/entry/wal-entry-format.js';
import { deleteByWords, putByWords, type WordBuffer } from '../../src/engine/wal/format/record-words.js';

/** Entries are written behind room for a record's header, and may touch it. */
const HEADER_BYTES = 8;

/** An entry's header as the encoders take it. */
export function headerOf(entry: WalEntry): WalEntryHeader {
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

/** An entry as bytes of its own, written by what the writer of segments writes with. */
export function encodeWalEntry(entry: WalEntry): Uint8Array {
  const header = headerOf(entry);
  const { operation } = entry;
  switch (operation.op) {
    case 'put': {
      const { key, value } = operation;
      return written(walEntryBytes(TAG_PUT, key.length, value.length), (into, at) => {
        putByWords(into, at, header, key, 0, key.length, value, 0, value.length, new WordCopier());
      });
    }
    case 'delete': {
      const { key } = operation;
      return written(walEntryBytes(TAG_DELETE, key.length, 0), (into, at) => {
        deleteByWords(into, at, header, key, 0, key.length);
      });
    }
    case 'checkpoint':
      return written(walEntryBytes(TAG_CHECKPOINT, 0, 0), ({ bytes }, at) => {
        encodeNumbered(bytes, at, header, TAG_CHECKPOINT, operation.id);
      });
    case 'commit':
      return encodeCommit(header, operation.offsets, operation.watermark);
    case 'epochBarrier':
      return written(walEntryBytes(TAG_EPOCH_BARRIER, 0, 0), ({ bytes }, at) => {
        encodeNumbered(bytes, at, header, TAG_EPOCH_BARRIER, operation.barrierEpoch);
      });
  }
}

/** What is written to a buffer that held something else before. */
function written(length: number, write: (into: WordBuffer, at: number) => void): Uint8Array {
  const words = new Int32Array((HEADER_BYTES + length) / 4).fill(-0x1234567);
  const bytes = new Uint8Array(words.buffer);
  write({ bytes, words }, HEADER_BYTES);
  return bytes.slice(HEADER_BYTES);
}
