import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';

/** Members that ask the disk nothing, or nothing that others can change. */
const UNCOUNTED: ReadonlySet<string> = new Set(['close', 'nameDescriptor', 'pathThrough', 'constructor']);

interface Interruption {
  readonly before: number;
  readonly act: () => void;
  readonly calls: string[];
}

let current: Interruption | undefined;
let isWatched = false;

/**
 * Does a work over the real disk of this process, and calls `act` just before its file-system call of a given number, from 0.
 * @param calls gets each call with its path
 */
export async function interruptedBefore<T>(
  before: number,
  act: () => void,
  work: () => Promise<T>,
  calls: string[],
): Promise<T> {
  watch(realFileSystem());
  current = { before, act, calls };
  try {
    return await work();
  } finally {
    current = undefined;
  }
}

/** The commands take the file system of the process: it is told of each call from now on. */
function watch(fileSystem: FileSystem): void {
  if (isWatched) return;
  isWatched = true;
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(fileSystem))) {
    const member = UNCOUNTED.has(name) ? undefined : (Reflect.get(fileSystem, name) as unknown);
    if (typeof member !== 'function') continue;
    Reflect.set(fileSystem, name, (...values: unknown[]): unknown => {
      note(`${name} ${typeof values[0] === 'string' ? values[0] : ''}`);
      return Reflect.apply(member, fileSystem, values) as unknown;
    });
  }
}

function note(call: string): void {
  const interruption = current;
  if (interruption?.calls.push(call) !== (interruption?.before ?? 0) + 1) return;
  // The calls of who acts are not counted.
  current = undefined;
  interruption.act();
  current = interruption;
}
