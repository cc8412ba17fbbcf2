import type { ArtifactForm } from '../../engine/artifact/write/write-artifact.js';
import { shellWord } from '../../engine/bytes/text/command-hints.js';
import { StatelogError } from '../../engine/errors.js';
import type { ExportForm } from '../../engine/transfer/prepared-export.js';
import { usageError } from '../errors/usage-error.js';

/** In which form an export is made, and what it is on disk. */
export interface DestinationForm {
  /** Undefined: what fits the store. */
  readonly as: ExportForm | undefined;
  readonly form: ArtifactForm;
}

/** Programs that pack what comes in a pipe, by what their files' names end in. */
const PACKERS: readonly (readonly [RegExp, string])[] = [
  [/\.(gz|tgz)$/i, 'gzip'],
  [/\.(zst|tzst)$/i, 'zstd'],
  [/\.(xz|txz)$/i, 'xz'],
  [/\.(bz2|tbz2?)$/i, 'bzip2'],
  [/\.lz4$/i, 'lz4'],
];

/**
 * The form that a destination's name asks for: a tar, NDJSON, or a folder. A name that promises something
 * else is refused, as a folder of that name would help nobody.
 * @throws StatelogError `NOT_REPRESENTABLE` for a compressed form, `INVALID_ARGUMENT` where the name and `--as` do not fit
 */
export function destinationForm(
  store: string,
  destination: string,
  as: ExportForm | undefined,
): DestinationForm {
  const packer = PACKERS.find(([ending]) => ending.test(destination))?.[1];
  if (packer !== undefined) {
    const isLines = /\.ndjson\./i.test(destination);
    const asked = as ?? (isLines ? 'ndjson' : undefined);
    const line = `statelog export ${shellWord(store)} -${asked === undefined ? '' : ` --as ${asked}`}`;
    throw new StatelogError('NOT_REPRESENTABLE', 'an export is not compressed by itself', {
      path: destination,
      safe: 'nothing was written',
      hint: `run ${line} | ${packer} > ${shellWord(destination)}`,
    });
  }
  const isLinesName = /\.ndjson$/i.test(destination);
  if (isLinesName && as !== undefined && as !== 'ndjson')
    throw usageError(`${destination} is named like NDJSON, and --as says ${as}`, 'leave out one of them');
  const isTarName = /\.tar$/i.test(destination);
  if (isTarName && as === 'ndjson')
    throw usageError(`${destination} is named like a tar, and --as says ndjson`, 'leave out one of them');
  return { as: isLinesName ? 'ndjson' : as, form: isTarName ? 'tar' : 'folder' };
}
