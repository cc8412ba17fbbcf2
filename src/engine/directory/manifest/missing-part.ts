import { verifyHint } from '../../bytes/text/command-hints.js';
import { StatelogError, isStatelogError } from '../../errors.js';
import type { DirectoryLayout } from './layout.js';

/**
 * Turns the error of opening a store whose manifest names a missing file into damage, for readers and writers
 * alike. Any other error is returned as it is.
 */
export function asMissingPart(error: unknown, layout: DirectoryLayout): unknown {
  if (!isStatelogError(error, 'NOT_FOUND')) return error;
  const path = error.details.path ?? layout.root;
  const isSegment = path.startsWith(layout.wal);
  return new StatelogError(
    'DAMAGED',
    `a ${isSegment ? 'segment' : 'file'} that the manifest names is missing`,
    {
      path,
      class: isSegment ? 'missing-segment' : 'missing-file',
      safe: 'nothing was changed',
      hint: verifyHint(layout.root),
      cause: error,
    },
  );
}
