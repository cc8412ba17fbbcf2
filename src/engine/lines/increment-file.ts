import { byteOrderMarkLength, toUtf8 } from '../bytes/text/text.js';
import type { FileDescriptor, FileSystem } from '../storage-io/interface/file-system.js';
import { CheckedIncrement, type Increment } from './checked-increment.js';
import { INCREMENT_VERSION, type KeyChange } from './increment-lines.js';
import { readWhole } from './lines-store.js';

const START = toUtf8(`{"statelog":${INCREMENT_VERSION},`);
const BYTE_ORDER_MARK_BYTES = 3;

/** True of a file that starts as an increment does. */
export function isIncrement(fileSystem: FileSystem, descriptor: FileDescriptor): boolean {
  const head = new Uint8Array(START.length + BYTE_ORDER_MARK_BYTES);
  const count = fileSystem.read(descriptor, head, 0, head.length, 0);
  const text = head.subarray(byteOrderMarkLength(head), count);
  return START.every((byte, index) => text[index] === byte);
}

/** Reads an increment from end to end, and holds it against what its last line says. */
export function checkIncrementFile(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  path: string,
  visit: (change: KeyChange) => void,
): Increment {
  const lines = new CheckedIncrement(path, visit);
  readWhole(fileSystem, descriptor, lines);
  return lines.finish();
}
