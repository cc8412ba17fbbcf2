import { lstatSync, renameSync, symlinkSync } from 'node:fs';
import type { FileSystem } from '../../src/engine/storage-io/interface/file-system.js';

/** A file system under which somebody else puts a link in a folder's place, at a moment that is chosen. */
export interface SwappingFileSystem {
  readonly fileSystem: FileSystem;
  /** True once the link is there. */
  readonly isSwapped: () => boolean;
}

/**
 * Puts a link to `target` in the place of a folder just before the call of a given number (from 0) is made, or the first one
 * after it that finds the folder there. Calls without a path, which nobody can lead elsewhere, are not counted, and syncs are
 * left out. What stood there goes by another name from then on.
 * @param folder where it is, once it is there
 */
export function swappingFileSystem(
  fileSystem: FileSystem,
  folder: () => string | undefined,
  target: string,
  beforeCall: number,
): SwappingFileSystem {
  let calls = 0;
  let isSwapped = false;
  const swapIfDue = (): void => {
    if (isSwapped || calls++ < beforeCall) return;
    const place = folder();
    if (place === undefined || lstatSync(place, { throwIfNoEntry: false }) === undefined) return;
    isSwapped = true;
    renameSync(place, `${place}-aside`);
    symlinkSync(target, place);
  };
  const swapping = new Proxy(fileSystem, {
    get: (inner, name) => {
      const member = Reflect.get(inner, name) as unknown;
      if (typeof member !== 'function') return member;
      if (name === 'sync' || name === 'dataSync') return () => undefined;
      return (...values: unknown[]): unknown => {
        if (typeof values[0] === 'string') swapIfDue();
        return Reflect.apply(member, inner, values) as unknown;
      };
    },
  });
  return { fileSystem: swapping, isSwapped: () => isSwapped };
}
