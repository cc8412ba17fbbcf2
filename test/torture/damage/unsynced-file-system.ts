import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';

const SYNCS: readonly (string | symbol)[] = [
  'sync',
  'dataSync',
  'syncDirectory',
] satisfies (keyof FileSystem)[];

/** The real disk, where nothing waits for it and nobody else works: for many small files that no power cut will ever meet. */
export function unsyncedFileSystem(): FileSystem {
  return new Proxy(realFileSystem(), {
    get: (target, name) => {
      if (SYNCS.includes(name)) return () => undefined;
      if (name === 'lockOwner') return () => false;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
