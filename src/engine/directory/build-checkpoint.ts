import type { Entry } from '../entry-cursor.js';
import { closeQuietly } from '../storage-io/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../storage-io/file-system.js';
import { VALUE_BYTES_MAX } from '../state/format.js';
import { IndexFileWriter } from '../state/index-file-writer.js';
import { ValueFileAppender } from '../state/value-appender.js';
import { coreOfKey } from './core-state.js';
import type { DirectoryLayout } from './layout.js';
import type { CheckpointEntry, CoreCheckpoint, DirectoryManifest } from './manifest.js';

/** Cores whose files are written in one pass over the entries: each holds about 2 MiB of buffers. */
const CORES_A_PASS = 8;

/** What a checkpoint that is built from entries says of itself. */
export interface BuildOptions {
  readonly fileSystem: FileSystem;
  readonly layout: DirectoryLayout;
  readonly manifest: DirectoryManifest;
  readonly epoch: bigint;
  readonly sources: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
  /** Where each core's numbering goes on; cores that are not named start anew. */
  readonly numbering?: readonly Pick<CoreCheckpoint, 'nextSequence' | 'lastTimestampNs'>[] | undefined;
}

/**
 * Writes a checkpoint's files from entries in key order, values in key order too and without holes.
 * The entries are gone through once to count, and once for every eight cores: memory is constant.
 * @param entries starts from the first entry each time it is called
 */
export function buildCheckpoint(options: BuildOptions, entries: () => Iterable<Entry>): CheckpointEntry {
  const { fileSystem, layout, manifest, epoch, sources, watermark } = options;
  const shapes = countShapes(manifest.cores, entries());
  fileSystem.makeDirectory(layout.checkpoint(epoch));
  const cores: CoreCheckpoint[] = [];
  for (let first = 0; first < manifest.cores; first += CORES_A_PASS) {
    const last = Math.min(first + CORES_A_PASS, manifest.cores);
    cores.push(...writeCores(options, shapes, entries(), first, last));
  }
  fileSystem.syncDirectory(layout.checkpoint(epoch));
  return { epoch, sources: new Map(sources), watermark, cores };
}

interface Shape {
  count: number;
  keyBytes: number;
  valueBytes: number;
}

function countShapes(cores: number, entries: Iterable<Entry>): Shape[] {
  const shapes = Array.from({ length: cores }, (): Shape => ({ count: 0, keyBytes: 0, valueBytes: 0 }));
  for (const { key, value } of entries) {
    const shape = shapes[coreOfKey(key, cores)]!;
    shape.count++;
    shape.keyBytes += key.length;
    shape.valueBytes += value.length;
  }
  return shapes;
}

function writeCores(
  options: BuildOptions,
  shapes: readonly Shape[],
  entries: Iterable<Entry>,
  first: number,
  last: number,
): CoreCheckpoint[] {
  const builders: CoreBuilder[] = [];
  try {
    for (let coreId = first; coreId < last; coreId++) {
      builders.push(new CoreBuilder(options, coreId, shapes[coreId]!));
    }
    for (const entry of entries) {
      const coreId = coreOfKey(entry.key, shapes.length);
      builders[coreId - first]?.add(entry);
    }
    return builders.map((builder) => builder.finish());
  } finally {
    for (const builder of builders) builder.close();
  }
}

/** Writes the state file and the index of one core. */
class CoreBuilder {
  readonly #options: BuildOptions;
  readonly #coreId: number;
  readonly #values: ValueFileAppender;
  readonly #indexDescriptor: FileDescriptor;
  readonly #index: IndexFileWriter;
  #count = 0;

  constructor(options: BuildOptions, coreId: number, shape: Shape) {
    const { fileSystem, layout, epoch } = options;
    const statePath = layout.stateFile(epoch, coreId);
    const indexPath = layout.indexFile(epoch, coreId);
    this.#options = options;
    this.#coreId = coreId;
    const descriptor = fileSystem.createExclusive(statePath);
    this.#values = ValueFileAppender.create({ fileSystem, path: statePath }, descriptor, epoch);
    this.#indexDescriptor = fileSystem.createExclusive(indexPath);
    this.#index = new IndexFileWriter({
      fileSystem,
      descriptor: this.#indexDescriptor,
      path: indexPath,
      count: shape.count,
      keyBytes: shape.keyBytes,
      writePosExpected: Math.min(shape.valueBytes, VALUE_BYTES_MAX),
    });
  }

  add({ key, value }: Entry): void {
    this.#index.add(key, this.#values.append(value), value.length);
    this.#count++;
  }

  finish(): CoreCheckpoint {
    const { fileSystem, manifest, epoch, numbering } = this.#options;
    this.#values.sync();
    const { headCrc } = this.#index.finish({
      writePos: this.#values.writePos,
      nextVersion: BigInt(this.#count) + 1n,
      storeId: manifest.storeId,
      generation: epoch,
      epoch,
      coreId: this.#coreId,
      valuePageSums: this.#values.pageSums(),
    });
    fileSystem.sync(this.#indexDescriptor);
    const { nextSequence, lastTimestampNs } = numbering?.[this.#coreId] ?? {
      nextSequence: 0n,
      lastTimestampNs: 0n,
    };
    return { nextSequence, lastTimestampNs, writePos: this.#values.writePos, indexCrc: headCrc };
  }

  close(): void {
    closeQuietly(this.#options.fileSystem, this.#values.descriptor);
    closeQuietly(this.#options.fileSystem, this.#indexDescriptor);
  }
}
