import { copyBytes } from '../../bytes/copy.js';
import { damagedError } from '../record/damage.js';
import { HEADER_BYTES } from '../format/format.js';
import { headerBytes } from '../format/header.js';
import type { OpenLog } from '../record/log-window.js';
import { FoldScanner } from './scanner.js';

const CHUNK_BYTES_MAX = 1024 * 1024;

/**
 * The bytes of a log that was found to be in its compact form, in chunks, each record checked as it is copied. Needs
 * no index: memory is constant. A chunk is valid until the next one is asked for.
 * @throws StatelogError `DAMAGED` where a record rotted since
 */
export function* scannedForm(log: OpenLog): Generator<Uint8Array, void> {
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES_MAX, log.size));
  chunk.set(headerBytes());
  let filled = HEADER_BYTES;
  const scanner = new FoldScanner(log);
  const { record } = scanner;
  for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
    if (step === 'finding') throw damagedError(scanner.finding!);
    const { bytes, start, length } = record;
    if (filled + length > chunk.length) {
      yield chunk.subarray(0, filled);
      filled = 0;
    }
    if (length > chunk.length) {
      yield bytes.subarray(start, start + length);
      continue;
    }
    copyBytes(bytes, start, length, chunk, filled);
    filled += length;
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
