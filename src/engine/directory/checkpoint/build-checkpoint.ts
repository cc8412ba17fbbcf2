import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { VALUE_REGION_BYTES_MAX } from '../../state/format/format.js';
import { IndexFileWriter } from '../../state/write/index-file-writer.js';
import { ValueFileAppender } from '../../state/write/value-appender.js';
import { coreOfKey } from '../state/core-state.js';
import type { DirectoryLayout } from '../manifest/layout.js';
import type { CheckpointEntry, CoreCheckpoint, DirectoryManifest } from '../manifest/manifest.js';

/** Cores whose files are written in one pass over the entries: each holds about 2 MiB of buffers. */
const CORES_A_PASS = 8;

/** Shows all entries in key order, from the first each time it is called; key and value are lent for a call. */
export type ForEachEntry = (visit: (key: Uint8Array, value: Uint8Array) => void) => void;

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
 * The entries are gone through once to count, where nobody has, and once for every eight cores: memory is
 * constant. Nothing is synced: that is the caller's.
 */
export function buildCheckpoint(
  options: BuildOptions,
  forEachEntry: ForEachEntry,
  shapes = shapesOf(options.manifest.cores, forEachEntry),
): CheckpointEntry {
  const { fileSystem, layout, manifest, epoch, sources, watermark } = options;
  fileSystem.makeDirectory(layout.checkpoint(epoch));
  const cores: CoreCheckpoint[] = [];
  for (let first = 0; first < manifest.cores; first += CORES_A_PASS) {
    const last = Math.min(first + CORES_A_PASS, manifest.cores);
    cores.push(...writeCores(options, shapes, forEachEntry, first, last));
  }
  return { epoch, sources: new Map(sources), watermark, cores };
}

/** How much there is in one core. */
export interface CoreShape {
  readonly count: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
}

/** Counts what each core will hold, as entries come by. */
export class ShapeCounter {
  readonly shapes: readonly { count: number; keyBytes: number; valueBytes: number }[];

  constructor(cores: number) {
    this.shapes = Array.from({ length: cores }, () => ({ count: 0, keyBytes: 0, valueBytes: 0 }));
  }

  add(key: Uint8Array, valueLength: number): void {
    const shape = this.shapes[coreOfKey(key, this.shapes.length)]!;
    shape.count++;
    shape.keyBytes += key.length;
    shape.valueBytes += valueLength;
  }
}

function shapesOf(cores: number, forEachEntry: ForEachEntry): readonly CoreShape[] {
  const counter = new ShapeCounter(cores);
  forEachEntry((key, value) => {
    counter.add(key, value.length);
  });
  return counter.shapes;
}

function writeCores(
  options: BuildOptions,
  shapes: readonly CoreShape[],
  forEachEntry: ForEachEntry,
  first: number,
  last: number,
): CoreCheckpoint[] {
  const builders: CoreBuilder[] = [];
  try {
    for (let coreId = first; coreId < last; coreId++) {
      builders.push(new CoreBuilder(options, coreId, shapes[coreId]!));
    }
    forEachEntry((key, value) => {
      builders[coreOfKey(key, shapes.length) - first]?.add(key, value);
    });
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
  readonly #descriptors: FileDescriptor[] = [];
  readonly #index: IndexFileWriter;
  #count = 0;

  constructor(options: BuildOptions, coreId: number, shape: CoreShape) {
    const { fileSystem, layout, epoch } = options;
    const path = layout.stateFile(epoch, coreId);
    const indexPath = layout.indexFile(epoch, coreId);
    this.#options = options;
    this.#coreId = coreId;
    const descriptor = this.#create(path);
    try {
      this.#values = ValueFileAppender.create({ fileSystem, path }, descriptor, epoch);
      this.#index = new IndexFileWriter({
        fileSystem,
        descriptor: this.#create(indexPath),
        path: indexPath,
        count: shape.count,
        keyBytes: shape.keyBytes,
        writePosExpected: Math.min(shape.valueBytes, VALUE_REGION_BYTES_MAX),
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  add(key: Uint8Array, value: Uint8Array): void {
    this.#index.add(key, this.#values.append(value), value.length);
    this.#count++;
  }

  finish(): CoreCheckpoint {
    const { manifest, epoch, numbering } = this.#options;
    this.#values.drain();
    const { headCrc } = this.#index.finish({
      writePos: this.#values.writePos,
      nextVersion: BigInt(this.#count) + 1n,
      storeId: manifest.storeId,
      generation: epoch,
      epoch,
      coreId: this.#coreId,
      valuePageSums: this.#values.pageSums(),
    });
    const { nextSequence, lastTimestampNs } = numbering?.[this.#coreId] ?? {
      nextSequence: 0n,
      lastTimestampNs: 0n,
    };
    return { nextSequence, lastTimestampNs, writePos: this.#values.writePos, indexCrc: headCrc };
  }

  close(): void {
    for (const descriptor of this.#descriptors) closeQuietly(this.#options.fileSystem, descriptor);
  }

  #create(path: string): FileDescriptor {
    const descriptor = this.#options.fileSystem.createExclusive(path);
    this.#descriptors.push(descriptor);
    return descriptor;
  }
}
