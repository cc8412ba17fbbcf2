import * as fs from 'node:fs';
import type { BackgroundDone, FileDescriptor } from '../interface/file-system.js';
import { isInterruption } from './system-call.js';
import { asSystemError, systemError } from '../interface/system-error.js';

/** Node refuses lengths past 2^31 - 1, and Linux moves no more than about that in one call. */
const TRANSFER_BYTES_MAX = 0x4000_0000;

/** Reads up to `length` bytes; less only at the end of the file. */
export function readUpTo(
  path: string | undefined,
  descriptor: FileDescriptor,
  into: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  let done = 0;
  let tries = 1;
  while (done < length) {
    const part = Math.min(length - done, TRANSFER_BYTES_MAX);
    try {
      const count = fs.readSync(descriptor, into, offset + done, part, position + done);
      if (count === 0) break;
      done += count;
      tries = 1;
    } catch (error) {
      if (!isInterruption(error, tries)) throw asSystemError('read', path, error, position + done);
      tries += 1;
    }
  }
  return done;
}

/** Writes once; may take fewer bytes than given. */
export function writeSome(
  path: string | undefined,
  descriptor: FileDescriptor,
  from: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  const part = Math.min(length, TRANSFER_BYTES_MAX);
  for (let tries = 1; ; tries += 1) {
    try {
      return fs.writeSync(descriptor, from, offset, part, position);
    } catch (error) {
      if (!isInterruption(error, tries)) throw asSystemError('write', path, error, position);
    }
  }
}

/** Writes all the bytes in another thread, however few are taken at a time. */
export function writeAllInBackground(
  path: string | undefined,
  descriptor: FileDescriptor,
  from: Uint8Array,
  position: number,
  done: BackgroundDone,
): void {
  let tries = 1;
  const goOn = (written: number): void => {
    if (written === from.length) {
      done(undefined);
      return;
    }
    const part = Math.min(from.length - written, TRANSFER_BYTES_MAX);
    fs.write(descriptor, from, written, part, position + written, (error, count) => {
      if (error === null && count > 0) {
        tries = 1;
        goOn(written + count);
      } else if (error !== null && isInterruption(error, tries)) {
        tries += 1;
        goOn(written);
      } else {
        done(
          error === null
            ? systemError('write', path, 'EIO', undefined, position + written)
            : asSystemError('write', path, error, position + written),
        );
      }
    });
  };
  if (from.length === 0) process.nextTick(done, undefined);
  else goOn(0);
}
