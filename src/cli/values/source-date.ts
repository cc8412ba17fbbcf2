import { nowUnix } from '../../engine/storage-io/interface/clock.js';
import { usageError } from '../errors/usage-error.js';

/** Seconds since 1970 for what is made now: SOURCE_DATE_EPOCH, so that a repeated run gives the same bytes. */
export function sourceDate(environment: NodeJS.ProcessEnv = process.env): number {
  const text = environment['SOURCE_DATE_EPOCH'];
  if (text === undefined || text === '') return nowUnix();
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seconds)) {
    throw usageError(`SOURCE_DATE_EPOCH is not a number of seconds: ${text}`);
  }
  return seconds;
}

/** True where SOURCE_DATE_EPOCH says the time. */
export function hasSourceDate(environment: NodeJS.ProcessEnv = process.env): boolean {
  return (environment['SOURCE_DATE_EPOCH'] ?? '') !== '';
}
