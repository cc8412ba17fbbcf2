import { FETCH_HINT } from '../../artifact/format/invalid.js';
import { repairHint } from '../../bytes/text/command-hints.js';
import { damagedLinesHint } from '../../lines/damaged-lines-hint.js';
import { StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';

/** The error for a new place within the source, which a repair leaves as it is. */
export function withinSource(path: string): StatelogError {
  return new StatelogError('INVALID_ARGUMENT', 'the new place lies within what is to be repaired', {
    path,
    safe: 'nothing was changed',
    hint: 'name a path outside of it',
  });
}

/** The error for damage that cutting cannot mend. */
export function notToBeCut(path: string, damage: number): StatelogError {
  const places = damage === 1 ? 'one place is damaged' : `${damage} places are damaged`;
  return new StatelogError('DAMAGED', `${places}, and more than an unfinished last write would be cut`, {
    path,
    safe: 'nothing was changed',
    hint: repairHint(path),
  });
}

/** The error for a segment that belongs to a store. */
export function partOfStore(path: string, store: string): StatelogError {
  return new StatelogError(
    'NOT_REPRESENTABLE',
    'this is a part of a state directory, and not cut by itself',
    {
      path,
      safe: 'nothing was changed',
      hint: `run 'statelog repair ${store}', or add --into NEW`,
    },
  );
}

/** The error for a source that a writer changed while it was copied. */
export function changedMeanwhile(path: string): StatelogError {
  return new StatelogError('IO_FAILED', 'the source was changed while it was read', {
    path,
    operation: 'read',
    safe: 'the new place was not made',
    hint: 'a writer is at work: run it again when that has ended',
  });
}

/** The error for a new place in which something is wrong all the same. */
export function notWhole({ file, offset, message }: Finding): StatelogError {
  return new StatelogError('IO_FAILED', `what was written is not whole: ${message}`, {
    path: file,
    offset,
    operation: 'verify',
    safe: 'the source was not changed, and the new place was not made',
    hint: 'run it again; if that does not help, look at the disk',
  });
}

/** The error for a new file that does not hold what was written to it. */
export function unreadable(path: string, expected: number, found: number): StatelogError {
  return new StatelogError('IO_FAILED', 'what was written does not read back as it should', {
    path,
    operation: 'verify',
    expected: `${expected} records or entries`,
    found: `${found} records or entries`,
    safe: 'the source was not changed, and the new place was not made',
    hint: 'run it again; if something else writes to the source, wait for it to end',
  });
}

/** The error for an artifact of which no file is left to be found. */
export function nothingLeft(path: string): StatelogError {
  return new StatelogError('INVALID_ARTIFACT', 'nothing of its payload is left to be found', {
    path,
    class: 'missing-file',
    safe: 'nothing was changed',
    hint: FETCH_HINT,
  });
}

/** An NDJSON export is text: its good lines go into a store as they are. */
export function linesAreNotRepaired(path: string): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', 'an NDJSON export is not repaired: its lines are text', {
    path,
    safe: 'nothing was changed',
    hint: damagedLinesHint(path),
  });
}
