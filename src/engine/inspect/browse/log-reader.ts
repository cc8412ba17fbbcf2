import { startsWithRange } from '../../bytes/compare.js';
import { blake3Hex } from '../../bytes/hash/blake3.js';
import type { Finding } from '../../finding.js';
import { positionText } from '../../fold/format/position-text.js';
import type { FoldRecord } from '../../fold/format/record.js';
import { FoldScanner } from '../../fold/scan/scanner.js';
import { TAG_DELETE, TAG_PUT, type WalOperation } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import type { WalScanOptions } from '../../wal/scan/scan-options.js';
import { foldOperationOf, isChange } from '../replay/fold-filter.js';

const HIGH_UNIT = 2 ** 32;
/** Bytes of a value that are kept of a record that is shown. */
const HEAD_BYTES = 256;

/** A value as far as it is shown. */
export interface ShownValue {
  readonly bytes: number;
  /** BLAKE3, hex. */
  readonly digest: string;
  /** Its first bytes. */
  readonly head: Uint8Array;
}

/** A record of a log with copies of what is shown of it. */
export interface ShownRecord {
  readonly offset: number;
  readonly bytes: number;
  readonly operation: string;
  /** In a segment: core, epoch, number and time (nanoseconds since the Unix epoch). */
  readonly coreId?: number | undefined;
  readonly epoch?: bigint | undefined;
  readonly sequence?: bigint | undefined;
  readonly timestampNs?: bigint | undefined;
  readonly key?: Uint8Array | undefined;
  readonly value?: ShownValue | undefined;
  /** The rest that it says: a version, a cursor, the fields of a commit. */
  readonly details?: string | undefined;
}

/** Reads one file of a log from some record on; bad bytes are findings, and it goes on behind them. */
export interface LogReader {
  /** The last finding. */
  readonly finding: Finding | undefined;
  /** The last record's place. */
  readonly offset: number;
  readonly recordBytes: number;
  /** The last record's number and time, as doubles; -Infinity where it has none. */
  readonly sequence: number;
  readonly time: number;
  /** @throws StatelogError what reading throws */
  next(): 'record' | 'finding' | 'end';
  /** Whether the last record puts or deletes a key. */
  isOf(key: Uint8Array): boolean;
  /** The last record, copied. */
  shown(): ShownRecord;
  close(): void;
}

/** Reads a segment of a write-ahead log. */
export class SegmentLogReader implements LogReader {
  readonly #scanner: WalScanner;

  /** @throws StatelogError what `FileSystem.openRead` throws */
  constructor(path: string, options: WalScanOptions) {
    this.#scanner = WalScanner.open(path, { ...options, tornTail: 'show' });
  }

  get finding(): Finding | undefined {
    return this.#scanner.finding;
  }

  get offset(): number {
    return this.#scanner.offset;
  }

  get recordBytes(): number {
    return this.#scanner.recordBytes;
  }

  get sequence(): number {
    const { sequenceLow, sequenceHigh } = this.#scanner.view;
    return (sequenceHigh >>> 0) * HIGH_UNIT + (sequenceLow >>> 0);
  }

  get time(): number {
    const { timestampLow, timestampHigh } = this.#scanner.view;
    return (timestampHigh | 0) * HIGH_UNIT + (timestampLow >>> 0);
  }

  next(): 'record' | 'finding' | 'end' {
    return this.#scanner.next();
  }

  isOf(key: Uint8Array): boolean {
    const { view } = this.#scanner;
    // An empty key is a key, too.
    return (view.tag === TAG_PUT || view.tag === TAG_DELETE) && isKeyAt(view, key);
  }

  shown(): ShownRecord {
    const { view, offset, recordBytes: bytes } = this.#scanner;
    const { coreId, epoch, sequence, timestampNs } = view;
    const operation = view.operation();
    const head = { offset, bytes, operation: operation.op, coreId, epoch, sequence, timestampNs };
    return { ...head, ...contentOf(operation, view) };
  }

  close(): void {
    this.#scanner.close();
  }
}

function contentOf(
  operation: WalOperation,
  view: WalEntryView,
): Pick<ShownRecord, 'key' | 'value' | 'details'> {
  switch (operation.op) {
    case 'put':
      return { key: operation.key, value: shownValue(view.bytes, view.valueStart, view.valueLength) };
    case 'delete':
      return { key: operation.key };
    case 'checkpoint':
      return { details: `id ${operation.id}` };
    case 'epochBarrier':
      return { details: `epoch ${operation.barrierEpoch}` };
    case 'commit': {
      const sources = [...operation.offsets].map(([source, offset]) => `${source} ${offset}`);
      const mark = operation.watermark === undefined ? [] : [`watermark ${operation.watermark}`];
      return { details: [...sources, ...mark].join(', ') };
    }
  }
}

/** Reads a fold log. */
export class FoldLogReader implements LogReader {
  /** A fold log has neither numbers nor times. */
  readonly sequence = -Infinity;
  readonly time = -Infinity;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #scanner: FoldScanner;

  /** @throws StatelogError what `FileSystem.openRead` throws */
  constructor(fileSystem: FileSystem, path: string, from?: number) {
    const descriptor = fileSystem.openRead(path);
    const { size } = fileSystem.statusOf(descriptor);
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#scanner = new FoldScanner({ fileSystem, descriptor, path, size }, { tornTail: 'show', from });
  }

  get finding(): Finding | undefined {
    return this.#scanner.finding;
  }

  get offset(): number {
    return this.#record.offset;
  }

  get recordBytes(): number {
    return this.#record.length;
  }

  next(): 'record' | 'finding' | 'end' {
    return this.#scanner.next();
  }

  isOf(key: Uint8Array): boolean {
    return isChange(this.#record) && isKeyAt(this.#record, key);
  }

  shown(): ShownRecord {
    const record = this.#record;
    const operation = foldOperationOf(record);
    const head = { offset: record.offset, bytes: record.length, operation };
    if (operation === 'cursor') return { ...head, details: positionText(record.cursor().toBytes()) };
    if (operation === 'group') return head;
    const version = positionText(record.token().toBytes());
    const details = version === '' ? undefined : `version ${version}`;
    const { bytes, valueStart, valueLength } = record;
    const value = operation === 'put' ? shownValue(bytes, valueStart, valueLength) : undefined;
    return { ...head, key: record.key(), value, details };
  }

  close(): void {
    this.#fileSystem.close(this.#descriptor);
  }

  get #record(): FoldRecord {
    return this.#scanner.record;
  }
}

function isKeyAt(
  { bytes, keyStart, keyLength }: Pick<FoldRecord, 'bytes' | 'keyStart' | 'keyLength'>,
  key: Uint8Array,
): boolean {
  return keyLength === key.length && startsWithRange(bytes, keyStart, keyLength, key);
}

function shownValue(bytes: Uint8Array, start: number, length: number): ShownValue {
  const value = bytes.subarray(start, start + length);
  return { bytes: length, digest: blake3Hex(value), head: Uint8Array.from(value.subarray(0, HEAD_BYTES)) };
}
