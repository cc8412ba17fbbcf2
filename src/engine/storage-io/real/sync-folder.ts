import * as fs from 'node:fs';
import { asSystemError, errnoOf } from '../interface/system-error.js';
import { attempt } from './system-call.js';

/** Has the names in a folder on disk when it returns. */
export function syncFolder(path: string): void {
  const { O_RDONLY, O_DIRECTORY } = fs.constants;
  const descriptor = attempt('open', path, () => fs.openSync(path, O_RDONLY | O_DIRECTORY));
  try {
    fs.fsyncSync(descriptor);
  } catch (error) {
    // Some network file systems have nothing to sync in a folder, and say so with EINVAL.
    if (errnoOf(error) !== 'EINVAL') throw asSystemError('fsync', path, error);
  } finally {
    fs.closeSync(descriptor);
  }
}
