import { createInterface } from 'node:readline';
import { isStatelogError } from '../../../src/engine/errors.js';
import { tryAcquireFileLock } from '../../../src/engine/storage-io/lock/file-lock.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';

/**
 * Started by file-lock.test.ts as a process of its own: at a line of input it takes the lock at the
 * path given, and prints what came of it; at the next one it releases it and ends.
 */
const [, , path = ''] = process.argv;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function takeAndRelease(): Promise<void> {
  process.stdout.write('ready\n');
  await lines.next();
  try {
    const lock = tryAcquireFileLock(realFileSystem(), path);
    process.stdout.write(lock.tookOver ? 'took over\n' : 'locked\n');
    await lines.next();
    lock.release();
    process.stdout.write('released\n');
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    process.stdout.write(`${error.code} ${error.details.holder?.pid ?? 'unknown'}\n`);
  }
  process.stdin.destroy();
}

void takeAndRelease();
