import fc from 'fast-check';
import { isStatelogError } from '../../../src/engine/errors.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { readWholeFile, writeFully } from '../../../src/engine/storage-io/whole/write-fully.js';

/** One random step on a few names in a few folders. Paths start below the test's own folder. */
export type Operation =
  | { readonly name: 'create'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly name: 'write'; readonly path: string; readonly bytes: Uint8Array; readonly position: number }
  | { readonly name: 'truncate' | 'allocate'; readonly path: string; readonly size: number }
  | { readonly name: 'mkdir' | 'remove' | 'rmdir' | 'list' | 'read' | 'status'; readonly path: string }
  | { readonly name: 'sync' | 'syncFolder'; readonly path: string }
  | {
      readonly name: 'rename' | 'renameExclusive' | 'link' | 'copy';
      readonly path: string;
      readonly to: string;
    };

const path = fc.constantFrom('/f', '/g', '/a', '/a/f', '/a/g', '/b', '/b/f', '/a/c', '/a/c/f', '/missing/f');
const bytes = fc.uint8Array({ minLength: 0, maxLength: 12, max: 9 });
const named = <Name extends string>(...names: readonly Name[]): fc.Arbitrary<Name> =>
  fc.constantFrom(...names);

/** Steps that change something, look at it, or make it durable. */
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ name: named('create'), path, bytes }) },
  { weight: 4, arbitrary: fc.record({ name: named('write'), path, bytes, position: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ name: named('truncate', 'allocate'), path, size: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ name: named('mkdir'), path }) },
  { weight: 2, arbitrary: fc.record({ name: named('remove', 'rmdir', 'list', 'read', 'status'), path }) },
  { weight: 3, arbitrary: fc.record({ name: named('sync', 'syncFolder'), path }) },
  {
    weight: 4,
    arbitrary: fc.record({ name: named('rename', 'renameExclusive', 'link', 'copy'), path, to: path }),
  },
);

function withFile<T>(fileSystem: FileSystem, at: string, action: (descriptor: number) => T): T {
  const descriptor = fileSystem.openReadWrite(at);
  try {
    return action(descriptor);
  } finally {
    fileSystem.close(descriptor);
  }
}

/** Does a step below `root`, and says what came of it: what was found, or how it was refused. */
export function perform(fileSystem: FileSystem, root: string, step: Operation): string {
  try {
    return performOrThrow(fileSystem, root, step);
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    const { errno, path: where } = error.details;
    return `${error.code} ${errno ?? ''} ${where?.slice(root.length) ?? ''}`;
  }
}

function performOrThrow(fileSystem: FileSystem, root: string, step: Operation): string {
  const at = root + step.path;
  switch (step.name) {
    case 'create': {
      const descriptor = fileSystem.createExclusive(at);
      writeFully(fileSystem, descriptor, step.bytes);
      fileSystem.close(descriptor);
      return 'created';
    }
    case 'write':
      return withFile(fileSystem, at, (descriptor) => {
        writeFully(fileSystem, descriptor, step.bytes, 0, step.bytes.length, step.position);
        return `size ${fileSystem.statusOf(descriptor).size}`;
      });
    case 'truncate':
    case 'allocate':
      return withFile(fileSystem, at, (descriptor) => {
        fileSystem[step.name](descriptor, step.size);
        return `size ${fileSystem.statusOf(descriptor).size}`;
      });
    case 'sync':
      withFile(fileSystem, at, (descriptor) => {
        fileSystem.sync(descriptor);
      });
      return 'synced';
    case 'syncFolder':
      fileSystem.syncDirectory(at);
      return 'synced';
    case 'read':
      return Buffer.from(readWholeFile(fileSystem, at, 1000)).toString('hex');
    case 'list':
      return fileSystem.readDirectory(at).join(' ');
    case 'status': {
      const status = fileSystem.status(at);
      return status === undefined ? 'nothing' : `${status.kind} ${status.kind === 'file' ? status.size : ''}`;
    }
    case 'mkdir':
      fileSystem.makeDirectory(at);
      return 'done';
    case 'remove':
      fileSystem.remove(at);
      return 'done';
    case 'rmdir':
      fileSystem.removeDirectory(at);
      return 'done';
    case 'copy':
      fileSystem.copyFile(at, root + step.to);
      return 'done';
    case 'rename':
    case 'renameExclusive':
    case 'link':
      fileSystem[step.name](at, root + step.to);
      return 'done';
  }
}

/** All that lies below a folder: paths with the bytes of files, the number of their names, and folders. */
export function contentBelow(fileSystem: FileSystem, root: string, below = ''): string[] {
  return fileSystem.readDirectory(`${root}${below}/`).flatMap((name) => {
    const at = `${below}/${name}`;
    const status = fileSystem.status(root + at);
    if (status?.kind === 'directory') return [`${at}/`, ...contentBelow(fileSystem, root, at)];
    const hex = Buffer.from(readWholeFile(fileSystem, root + at, 1000)).toString('hex');
    return [`${at} ${hex} ${status?.linkCount ?? 0}`];
  });
}
