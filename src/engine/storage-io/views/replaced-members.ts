import type { FileSystem } from '../interface/file-system.js';

/** A file system of which some members are others. */
export function withReplaced(fileSystem: FileSystem, replaced: Partial<FileSystem>): FileSystem {
  return new Proxy(fileSystem, {
    get: (inner, name) => {
      if (Object.hasOwn(replaced, name)) return Reflect.get(replaced, name) as unknown;
      const member = Reflect.get(inner, name) as unknown;
      return typeof member === 'function' ? (member.bind(inner) as unknown) : member;
    },
  });
}
