import { createBlake3 } from '../../bytes/hash/blake3.js';
import { groupOfOffsets } from '../../wal/format/group-mark.js';

/*
 * How many lines were taken from a source stands in Commits and in the manifest under its name. Beside it,
 * under a name that no command line can give, stands a digest of the last of them: both are in one
 * Commit, so that neither is ever ahead of the other. A store of an earlier version has none.
 */

const SUFFIX = '\0last-line';

/** The name under which the digest of a source's last line stands. */
export function markName(source: string): string {
  return source + SUFFIX;
}

/** The position of a source in a Commit: lines, and the digest of the last one where it is known. */
export function sourceOffsets(source: string, lines: bigint, mark: bigint | undefined): Map<string, bigint> {
  const offsets = new Map([[source, lines]]);
  if (mark !== undefined) offsets.set(markName(source), mark);
  return offsets;
}

/** The sources alone, without the digests that stand beside them. */
export function withoutMarks(sources: ReadonlyMap<string, bigint>): Map<string, bigint> {
  return new Map([...sources].filter(([name]) => !name.endsWith(SUFFIX)));
}

/** Takes in what a Commit says of sources, which one that marks a group does not. A count that comes without its digest leaves none behind. */
export function applyOffsets(sources: Map<string, bigint>, offsets: ReadonlyMap<string, bigint>): void {
  if (groupOfOffsets(offsets) !== undefined) return;
  for (const name of offsets.keys()) sources.delete(markName(name));
  for (const [name, lines] of offsets) sources.set(name, lines);
}

/** The digest of a line, its end left out: 64 bits of its BLAKE3 hash. */
export function lineMark(line: Uint8Array): bigint {
  const hash = createBlake3();
  hash.update(line);
  return Buffer.from(hash.digest()).readBigUInt64LE(0);
}
