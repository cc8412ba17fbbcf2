import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { closeEach } from '../../storage-io/whole/close-each.js';
import {
  type NewPair,
  type PairShape,
  ShapeCounter,
  StatePairWriter,
} from '../../state/write/pair-writer.js';
import { coreOfKey } from '../state/core-state.js';
import type { DirectoryLayout } from '../manifest/layout.js';
import type { CheckpointEntry, CoreCheckpoint, DirectoryManifest } from '../manifest/manifest.js';

/** Cores whose files are written in one pass over the entries: each holds about 2 MiB of buffers. */
const CORES_A_PASS = 8;

/** Shows all entries in key order, from the first each time it is called; key and value are lent for a call. */
export type ForEachEntry = (visit: (key: Uint8Array, value: Uint8Array) => void) => void;

/** The description of a checkpoint that is built from entries. */
export interface BuildOptions {
  readonly fileSystem: FileSystem;
  readonly layout: DirectoryLayout;
  readonly manifest: DirectoryManifest;
  readonly epoch: bigint;
  readonly sources: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
  /** The point at which each core's numbering goes on; cores that are not named start anew. */
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

/** Counts what each core will hold, as entries come by. */
export class CoreShapes {
  readonly shapes: readonly ShapeCounter[];

  constructor(cores: number) {
    this.shapes = Array.from({ length: cores }, () => new ShapeCounter());
  }

  add(key: Uint8Array, valueLength: number): void {
    this.shapes[coreOfKey(key, this.shapes.length)]!.add(key, valueLength);
  }
}

function shapesOf(cores: number, forEachEntry: ForEachEntry): readonly PairShape[] {
  const counter = new CoreShapes(cores);
  forEachEntry((key, value) => {
    counter.add(key, value.length);
  });
  return counter.shapes;
}

function writeCores(
  options: BuildOptions,
  shapes: readonly PairShape[],
  forEachEntry: ForEachEntry,
  first: number,
  last: number,
): CoreCheckpoint[] {
  const writers: StatePairWriter[] = [];
  try {
    for (let coreId = first; coreId < last; coreId++) {
      writers.push(new StatePairWriter(pairOf(options, coreId), shapes[coreId]!));
    }
    forEachEntry((key, value) => {
      writers[coreOfKey(key, shapes.length) - first]?.add(key, value);
    });
    return writers.map((writer, index) => {
      const { writePos, headCrc } = writer.finish();
      const { nextSequence, lastTimestampNs } = options.numbering?.[first + index] ?? UNNUMBERED;
      return { nextSequence, lastTimestampNs, writePos, indexCrc: headCrc };
    });
  } finally {
    closeEach(writers);
  }
}

const UNNUMBERED = { nextSequence: 0n, lastTimestampNs: 0n };

function pairOf({ fileSystem, layout, manifest, epoch }: BuildOptions, coreId: number): NewPair {
  return {
    fileSystem,
    statePath: layout.stateFile(epoch, coreId),
    indexPath: layout.indexFile(epoch, coreId),
    storeId: manifest.storeId,
    generation: epoch,
    epoch,
    coreId,
  };
}
