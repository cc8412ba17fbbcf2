import type { Finding } from '../finding.js';

/** The finding for a file, or a segment, that a manifest names and that is not there. */
export function missingFile(
  missingClass: 'missing-file' | 'missing-segment',
  file: string,
  coreId?: number,
): Finding {
  const what = missingClass === 'missing-file' ? 'file' : 'segment';
  return {
    severity: 'damage',
    class: missingClass,
    file,
    offset: 0,
    bytes: 0,
    message: `the manifest names this ${what}, and it is not there`,
    hint: 'put it back from a copy of the store',
    ...(coreId === undefined ? {} : { coreId }),
  };
}
