import { equalBytes } from '../../bytes/compare.js';
import { HEADER_BYTES } from '../format/format.js';
import { headerBytes } from '../format/header.js';
import type { OpenLog } from './log-window.js';

/** Whether a log's header stands right before a record that is not a file's first: two logs were joined there. */
export function isLogJoinedAt({ fileSystem, descriptor }: OpenLog, record: number): boolean {
  const start = record - HEADER_BYTES;
  if (start < HEADER_BYTES) return false;
  const header = new Uint8Array(HEADER_BYTES);
  return (
    fileSystem.read(descriptor, header, 0, HEADER_BYTES, start) === HEADER_BYTES &&
    equalBytes(header, headerBytes())
  );
}
