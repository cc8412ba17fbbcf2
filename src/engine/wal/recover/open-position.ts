import { repairHint } from '../../bytes/text/command-hints.js';
import { dirname } from 'node:path';
import { StatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { copyBrokenTail } from './broken-copy.js';
import type { StampStart } from '../write/record-stamp.js';
import { WalScanner } from '../scan/scanner.js';

/** How to go on with a segment at a position. */
export interface PositionOptions {
  readonly fileSystem: FileSystem;
  readonly coreId: number;
  readonly path: string;
  readonly position: number;
  /** The result of a recovery: everything before `position` is then taken to be good, and not read again. */
  readonly start?: StampStart | undefined;
}

/**
 * Reads what stands before a position, and makes sure that it ends with a good record there.
 * @returns where numbering goes on
 * @throws StatelogError `DAMAGED` where something before the position is not good, or no record ends there
 */
export function startAt(options: PositionOptions): StampStart {
  const { fileSystem, coreId, path, position } = options;
  const scanner = WalScanner.open(path, { fileSystem, coreId, to: position });
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'finding') scanner.throwIfDamage();
    }
    if (scanner.goodEnd !== position) throw noRecordEnds(path, position, scanner.goodEnd);
    return {
      nextSequence: scanner.nextSequence ?? 0n,
      lastTimestampNs: scanner.lastTimestampNs,
      epoch: scanner.lastEpoch,
    };
  } finally {
    scanner.close();
  }
}

/**
 * Makes sure that nothing that was ever acknowledged stands behind a position.
 * @throws StatelogError `DAMAGED` where a good record does, and cutting would lose it
 */
export function checkNothingFollows(options: PositionOptions, start: StampStart): void {
  const { fileSystem, coreId, path, position } = options;
  const expectedSequence = start.nextSequence;
  const scanner = WalScanner.open(path, { fileSystem, coreId, from: position, expectedSequence });
  try {
    const event = scanner.next();
    if (event === 'end' || scanner.tail !== 'clean') return;
    const offset = event === 'record' ? scanner.offset : (scanner.finding?.nextGood ?? position);
    throw new StatelogError('DAMAGED', `${path}: a good record at ${offset} follows position ${position}`, {
      path,
      offset,
      class: 'bad-offset',
      hint: repairHint(path),
      safe: 'nothing was changed: cutting there would lose good records',
    });
  } finally {
    scanner.close();
  }
}

/** Cuts a file at `position`, after copying what lies behind it; durable when it returns. */
export function cutTail(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  path: string,
  position: number,
  copyBrokenTo: string | undefined,
): void {
  const end = fileSystem.statusOf(descriptor).size;
  if (end <= position) return;
  copyBrokenTail(fileSystem, path, { descriptor, offset: position, end }, copyBrokenTo ?? dirname(path));
  cut(fileSystem, descriptor, position);
}

/** Cuts a file, for good. */
export function cut(fileSystem: FileSystem, descriptor: FileDescriptor, position: number): void {
  fileSystem.truncate(descriptor, position);
  fileSystem.sync(descriptor);
}

function noRecordEnds(path: string, position: number, goodEnd: number): StatelogError {
  return new StatelogError('DAMAGED', `${path}: no good record ends at ${position}`, {
    path,
    offset: goodEnd,
    class: 'bad-offset',
    expected: String(position),
    found: String(goodEnd),
    safe: `everything before ${goodEnd} is good; nothing was changed`,
    hint: repairHint(path),
  });
}

/** @throws RangeError for what is no position in a file */
export function checkPosition(position: number): void {
  if (Number.isSafeInteger(position) && position >= 0) return;
  throw new RangeError(`a position is a whole number from 0, not ${position}`);
}
