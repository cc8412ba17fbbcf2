import { basename, dirname } from 'node:path';
import { createFile } from '../storage-io/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../storage-io/file-system.js';
import { isStatelogError } from '../errors.js';
import { writeFully } from '../storage-io/write-fully.js';

const CHUNK_BYTES = 1024 * 1024;

/** An open file, or a part of it up to its end. */
interface Part {
  readonly descriptor: FileDescriptor;
  readonly start: number;
  readonly end: number;
}

/**
 * Copies the end of a log to `NAME.broken-N` beside it, N being the first number that is free, so
 * that what recovery cuts is never lost. The copy is durable on return. Where the newest copy holds
 * the same bytes, as after a crash between copying and cutting, it does.
 * @returns the copy's path
 */
export function copyTornTail(
  fileSystem: FileSystem,
  path: string,
  descriptor: FileDescriptor,
  start: number,
  end: number,
): string {
  const tail: Part = { descriptor, start, end };
  for (let number = nextNumber(fileSystem, path); ; number += 1) {
    const newest = `${path}.broken-${number - 1}`;
    if (number > 1 && holdsSame(fileSystem, newest, tail)) return newest;
    const copy = `${path}.broken-${number}`;
    try {
      createFile(fileSystem, copy, (into) => {
        for (const { bytes, position } of chunksOf(fileSystem, tail)) {
          writeFully(fileSystem, into, bytes, 0, bytes.length, position);
        }
      });
      return copy;
    } catch (error) {
      if (!isStatelogError(error, 'ALREADY_EXISTS')) throw error;
    }
  }
}

/** True for the name of a copy that was made of the log called `logName`. */
export function isBrokenCopyOf(name: string, logName: string): boolean {
  return (
    name.startsWith(`${logName}.broken-`) && /^[1-9]\d*$/.test(name.slice(logName.length + '.broken-'.length))
  );
}

function nextNumber(fileSystem: FileSystem, path: string): number {
  const logName = basename(path);
  const names = fileSystem.readDirectory(dirname(path)).filter((name) => isBrokenCopyOf(name, logName));
  const numbers = names.map((name) => Number(name.slice(name.lastIndexOf('-') + 1)));
  return Math.max(0, ...numbers) + 1;
}

function holdsSame(fileSystem: FileSystem, path: string, tail: Part): boolean {
  const status = fileSystem.status(path);
  if (status?.kind !== 'file' || status.size !== tail.end - tail.start) return false;
  const descriptor = fileSystem.openRead(path, 'refuse');
  try {
    const copy = chunksOf(fileSystem, { descriptor, start: 0, end: status.size });
    for (const { bytes } of chunksOf(fileSystem, tail)) {
      const other = copy.next();
      if (other.done === true || Buffer.compare(bytes, other.value.bytes) !== 0) return false;
    }
    return true;
  } finally {
    fileSystem.close(descriptor);
  }
}

/** The bytes of a part, each chunk with its position from the part's start. */
function* chunksOf(
  fileSystem: FileSystem,
  { descriptor, start, end }: Part,
): Generator<{ readonly bytes: Uint8Array; readonly position: number }, void> {
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - start));
  for (let offset = start; offset < end;) {
    const count = fileSystem.read(descriptor, chunk, 0, Math.min(chunk.length, end - offset), offset);
    if (count === 0) return;
    yield { bytes: chunk.subarray(0, count), position: offset - start };
    offset += count;
  }
}
