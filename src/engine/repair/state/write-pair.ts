import type { Entry } from '../../entry-cursor.js';
import { StatelogError } from '../../errors.js';
import { VALUE_REGION_BYTES_MAX } from '../../state/format/format.js';
import { IndexFileWriter } from '../../state/write/index-file-writer.js';
import { ValueFileAppender } from '../../state/write/value-appender.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';

/** The two files of a state, and what they say of themselves. */
export interface NewPair {
  readonly fileSystem: FileSystem;
  readonly statePath: string;
  readonly indexPath: string;
  readonly storeId: Uint8Array;
  readonly generation: bigint;
  /** 0 in a bare pair. */
  readonly epoch: bigint;
  readonly coreId: number;
}

/** What was written. */
export interface WrittenPair {
  readonly count: number;
  readonly writePos: number;
  readonly headCrc: number;
}

/**
 * Writes a state file and its index from entries in key order, values in the same order and without holes;
 * both are synced when it returns. Memory is constant.
 * @param entries starts from the first entry each time it is called; the same ones come each time
 */
export function writePair(pair: NewPair, entries: () => Iterable<Entry>): WrittenPair {
  const { fileSystem, statePath, indexPath, generation } = pair;
  const shape = shapeOf(entries());
  const open: FileDescriptor[] = [];
  try {
    const values = create(fileSystem, statePath, open);
    const index = create(fileSystem, indexPath, open);
    const appender = ValueFileAppender.create({ fileSystem, path: statePath }, values, generation);
    const writer = new IndexFileWriter({
      fileSystem,
      descriptor: index,
      path: indexPath,
      count: shape.count,
      keyBytes: shape.keyBytes,
      writePosExpected: Math.min(shape.valueBytes, VALUE_REGION_BYTES_MAX),
    });
    for (const { key, value } of entries()) writer.add(key, appender.append(value), value.length);
    appender.sync();
    const { headCrc, count } = writer.finish({
      writePos: appender.writePos,
      nextVersion: BigInt(shape.count) + 1n,
      storeId: pair.storeId,
      generation,
      epoch: pair.epoch,
      coreId: pair.coreId,
      valuePageSums: appender.pageSums(),
    });
    if (count !== shape.count) throw changedMeanwhile(statePath, shape.count, count);
    fileSystem.sync(values);
    fileSystem.sync(index);
    return { count, writePos: appender.writePos, headCrc };
  } finally {
    for (const descriptor of open) closeQuietly(fileSystem, descriptor);
  }
}

function create(fileSystem: FileSystem, path: string, open: FileDescriptor[]): FileDescriptor {
  const descriptor = fileSystem.createExclusive(path);
  open.push(descriptor);
  return descriptor;
}

function shapeOf(entries: Iterable<Entry>): { count: number; keyBytes: number; valueBytes: number } {
  const shape = { count: 0, keyBytes: 0, valueBytes: 0 };
  for (const { key, value } of entries) {
    shape.count += 1;
    shape.keyBytes += key.length;
    shape.valueBytes += value.length;
  }
  return shape;
}

function changedMeanwhile(path: string, expected: number, found: number): StatelogError {
  return new StatelogError('IO_FAILED', 'the source was changed while it was read', {
    path,
    expected: `${expected} entries`,
    found: `${found} entries`,
    hint: 'something else writes to it: run it again when that has ended',
  });
}
