import { tmpdir } from 'node:os';
import { basename, resolve } from 'node:path';
import { isStatelogError } from '../../errors.js';
import type { DamageClass } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { ScratchFolder } from '../../storage-io/whole/scratch-folder.js';
import type { ReadableStore } from '../../store/store.js';
import type { LostAmount, RepairEvent } from '../account/report.js';
import { isAmiss } from '../amiss.js';
import { openMade } from '../open-made.js';
import { repairPath } from '../repair-path.js';

/** Places of one class of damage, and their bytes. */
export interface SkippedPlaces {
  readonly count: number;
  readonly bytes: number;
}

/** All that is missing of a damaged path. */
export interface Skipped {
  readonly places: ReadonlyMap<DamageClass, SkippedPlaces>;
  readonly lost: LostAmount;
  /** True where a change may be lost of which no key is known: any key that is not there may have been. */
  readonly isUnnamed: boolean;
}

/** The part of a damaged path that still reads. */
export interface ReadableRest {
  /** Closing it removes what was made to read it. */
  readonly store: ReadableStore;
  /** Undefined where nothing is missing. */
  readonly skipped: Skipped | undefined;
  /** Whether the last change of a key is known to be lost, as far as its damaged record names it. */
  readonly isLost: (key: Uint8Array) => boolean;
}

/**
 * Opens what still reads of a damaged path: all that is good is brought to the folder for temporary files, as a repair
 * does it, and read there. The path itself is only read.
 * @returns undefined where nothing is amiss, or nothing can be skipped (of NDJSON): it is to be read where it lies
 * @throws StatelogError what `repairPath` throws
 */
export async function* openReadableRest(
  path: string,
  fileSystem: FileSystem = realFileSystem(),
): AsyncGenerator<RepairEvent, ReadableRest | undefined> {
  const scratch = new ScratchFolder(fileSystem, tmpdir());
  try {
    const into = scratch.placeFor(basename(resolve(path)));
    if (yield* lookFor(repairPath({ fileSystem, path, into, dryRun: true }))) {
      const rest = yield* restIn(fileSystem, path, into);
      const close = rest.store.close.bind(rest.store);
      rest.store.close = () => {
        try {
          close();
        } finally {
          scratch.remove();
        }
      };
      return rest;
    }
  } catch (error) {
    scratch.remove();
    if (!isStatelogError(error, 'NOT_REPRESENTABLE')) throw error;
  }
  scratch.remove();
  return undefined;
}

/** Goes through the steps of a dry run until one tells that something is amiss; only progress is passed on. */
async function* lookFor(steps: AsyncGenerator<RepairEvent, unknown>): AsyncGenerator<RepairEvent, boolean> {
  for await (const event of steps) {
    if (isAmiss(event)) return true;
    if ('progress' in event) yield event;
  }
  return false;
}

async function* restIn(
  fileSystem: FileSystem,
  path: string,
  into: string,
): AsyncGenerator<RepairEvent, ReadableRest> {
  const places = new Map<DamageClass, SkippedPlaces>();
  const lostKeys = new Set<string>();
  const steps = repairPath({ fileSystem, path, into });
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) {
    const event = step.value;
    if ('finding' in event && event.finding.severity === 'damage') {
      const { class: kind, bytes } = event.finding;
      const before = places.get(kind) ?? { count: 0, bytes: 0 };
      places.set(kind, { count: before.count + 1, bytes: before.bytes + bytes });
    }
    if ('lostKey' in event) lostKeys.add(nameOf(event.lostKey.key));
    yield event;
  }
  const { isWhole, kind, lost } = step.value;
  // Of a value that is bad, the index names the key.
  const isValuesOnly = [...places.keys()].every((kind) => kind === 'value-mismatch');
  const isUnnamed = !isValuesOnly || lost.records > 0 || lost.keys > lostKeys.size;
  return {
    store: openMade(fileSystem, into, kind),
    skipped: isWhole ? undefined : { places, lost, isUnnamed },
    isLost: (key) => lostKeys.has(nameOf(key)),
  };
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
