import { SimulatedCrash } from './crash.js';
import { SimulatedDisk } from '../disk/disk.js';
import type { SimulatedOperation } from '../faults/fault-plan.js';
import { combinePlans, crashAt, type Fault, type FaultPlan } from '../faults/fault-plan.js';
import type { PowerLossImage, PowerLossOptions } from './power-loss.js';
import { powerLossImages } from './power-loss.js';
import { SimulatedFileSystem } from '../simulated-file-system.js';

/** A workload, and what must hold after a power loss at any moment of it. */
export interface CrashScenario<Book> {
  /** The disk to start from; each run works on a copy of it (default: an empty one). */
  readonly disk?: SimulatedDisk;
  /** What the workload notes down, such as what was acknowledged; made anew for each run. */
  readonly book: () => Book;
  readonly run: (fileSystem: SimulatedFileSystem, book: Book) => void | Promise<void>;
  /** Throws where an image breaks a promise. */
  readonly check: (image: PowerLossImage, book: Book) => void | Promise<void>;
  readonly options?: PowerLossOptions;
  /** What goes wrong besides (default: nothing). */
  readonly faults?: FaultPlan | undefined;
}

/** What was tried. */
export interface CrashReport {
  /** Moments at which the power was cut: before each call that changes the disk, and at the end. */
  readonly moments: number;
  readonly images: number;
}

/** An image that broke a promise, and the moment it belongs to. */
export class CrashViolation extends Error {
  override readonly name = 'CrashViolation';
}

/**
 * Runs a workload once for each moment, ends it there, and checks every image that a power loss
 * may leave. For workloads and checks that are asynchronous, too.
 * @throws CrashViolation for the first image that does not pass
 */
export async function exploreCrashes<Book>(scenario: CrashScenario<Book>): Promise<CrashReport> {
  const { operations } = await runUntil(scenario, undefined);
  const moments = [...operations.filter((operation) => operation.mutating), undefined];
  let images = 0;
  for (const moment of moments) {
    const { fileSystem, book } = await runUntil(scenario, moment);
    for (const image of powerLossImages(fileSystem.disk, scenario.options)) {
      images += 1;
      try {
        await scenario.check(image, book);
      } catch (error) {
        throw violation(moment, image, error);
      }
    }
  }
  return { moments: moments.length, images };
}

/**
 * The same in a single run, looking at the images of each moment as it comes: much faster, for
 * checks that are synchronous. The workload may be asynchronous.
 * @throws CrashViolation for the first image that does not pass
 */
export async function exploreCrashesInPlace<Book>(
  scenario: Omit<CrashScenario<Book>, 'check'> & {
    readonly check: (image: PowerLossImage, book: Book) => void;
  },
): Promise<CrashReport> {
  const disk = scenario.disk?.clone() ?? new SimulatedDisk();
  const book = scenario.book();
  const counted = { moments: 0, images: 0 };
  let found: CrashViolation | undefined;
  const look = (moment: SimulatedOperation | undefined): void => {
    counted.moments += 1;
    for (const image of powerLossImages(disk, scenario.options)) {
      counted.images += 1;
      try {
        scenario.check(image, book);
      } catch (error) {
        found = violation(moment, image, error);
        throw found;
      }
    }
  };
  const plan = (operation: SimulatedOperation): Fault | undefined => {
    if (operation.mutating && found === undefined) look(operation);
    return scenario.faults?.(operation);
  };
  try {
    await scenario.run(new SimulatedFileSystem({ disk, plan }), book);
  } catch (error) {
    throw found ?? error;
  }
  // The workload may have swallowed it.
  if (found !== undefined) throw found;
  look(undefined);
  return counted;
}

async function runUntil<Book>(
  scenario: Omit<CrashScenario<Book>, 'check'>,
  moment: SimulatedOperation | undefined,
): Promise<{ fileSystem: SimulatedFileSystem; book: Book; operations: readonly SimulatedOperation[] }> {
  const book = scenario.book();
  const fileSystem = new SimulatedFileSystem({
    disk: scenario.disk?.clone() ?? new SimulatedDisk(),
    plan: combinePlans(
      ...(moment === undefined ? [] : [crashAt(moment.index)]),
      ...(scenario.faults === undefined ? [] : [scenario.faults]),
    ),
    log: true,
  });
  try {
    await scenario.run(fileSystem, book);
  } catch (error) {
    if (!(error instanceof SimulatedCrash) || moment === undefined) throw error;
  }
  return { fileSystem, book, operations: fileSystem.log };
}

function violation(
  moment: SimulatedOperation | undefined,
  image: PowerLossImage,
  cause: unknown,
): CrashViolation {
  const when =
    moment === undefined
      ? 'at the end'
      : `before call ${moment.index}, ${moment.name} ${moment.path} (${moment.bytes} bytes at ${moment.offset})`;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CrashViolation(`power loss ${when}: ${why}\n${image.describe()}`, { cause });
}
