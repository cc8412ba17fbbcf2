import { compareBytes } from '../../bytes/compare.js';
import { StatelogError } from '../../errors.js';
import { headerLine, type LinesHeader } from '../../lines/export-lines.js';
import { contentTexts, isSameContent, type KeyChange } from '../../lines/increment-lines.js';
import { positionName, type IncrementPosition } from '../../lines/increment-position.js';
import type { EntriesInOrder } from '../build-store.js';
import type { Verified } from '../import-request.js';
import { forEachLayered, sumsAround } from './layered-content.js';
import { checkContinues, endOf, type ChainedIncrement, type IncrementChain } from './increment-chain.js';

/**
 * A verified snapshot with the increments of its chain laid over it. The content of the snapshot must be that with which the
 * chain starts, and the content at the end that which the last increment tells.
 * @throws StatelogError `SOURCE_MISMATCH`, `DIGEST_MISMATCH`
 */
export function layered(verified: Verified, chain: IncrementChain, source: string): Verified {
  checkContinues(chain);
  const last = chain.increments.at(-1);
  if (last === undefined) return verified;
  const { position } = chain.start;
  checkStart(verified, position, source);
  const changes = mergedChanges(chain.increments);
  checkSums(verified.forEachEntry, changes, chain, last);
  const { until } = last.header;
  const { epoch = 0n, sources = new Map<string, bigint>(), watermark, cursor } = until;
  const cores = verified.summary?.cores ?? [];
  return {
    kind: verified.kind,
    cursor,
    cores: verified.cores,
    summary: until.kind === 'directory' ? { epoch, sources, watermark, cores } : undefined,
    forEachEntry: (visit) => {
      forEachLayered(verified.forEachEntry, changes, visit);
    },
    notices: verified.notices,
    close: verified.close,
  };
}

/** The last change of each key, in key order. */
function mergedChanges(increments: readonly ChainedIncrement[]): readonly KeyChange[] {
  const last = new Map<string, KeyChange>();
  for (const { changes } of increments)
    for (const change of changes) last.set(Buffer.from(change.key).toString('latin1'), change);
  return [...last.values()].sort((one, other) => compareBytes(one.key, other.key));
}

function checkSums(
  forEachEntry: EntriesInOrder,
  changes: readonly KeyChange[],
  { start }: IncrementChain,
  last: ChainedIncrement,
): void {
  const { origin, end } = last;
  const { before, after } = sumsAround(forEachEntry, changes, start, endOf(last));
  const { position, content } = start;
  if (!isSameContent(before, content)) throw otherSnapshot(origin, position, contentTexts(content, before));
  if (isSameContent(after, end.until)) return;
  throw new StatelogError(
    'DIGEST_MISMATCH',
    'the snapshot and its increments do not make what the last one tells',
    {
      path: origin,
      class: 'digest-mismatch',
      ...contentTexts(end.until, after),
      safe: 'nothing was made of it',
      hint: "restore an earlier moment with --at: 'statelog list --chain' shows which are kept",
    },
  );
}

/** Compares the rest, such as the cursor, which must be as the chain starts, too. */
function checkStart({ kind, cursor, summary }: Verified, position: IncrementPosition, source: string): void {
  const { epoch, sources, watermark } = summary ?? {};
  const found: LinesHeader = kind === 'log' ? { kind, cursor } : { kind, epoch, sources, watermark };
  const wanted: LinesHeader =
    position.kind === 'log'
      ? { kind: position.kind, cursor: position.cursor }
      : {
          kind: position.kind,
          epoch: position.epoch,
          sources: position.sources,
          watermark: position.watermark,
        };
  if (headerLine(found) !== headerLine(wanted))
    throw otherSnapshot(source, position, {
      expected: headerLine(wanted).trim(),
      found: headerLine(found).trim(),
    });
}

function otherSnapshot(
  path: string,
  position: IncrementPosition,
  texts: { readonly expected: string | undefined; readonly found: string | undefined },
): StatelogError {
  return new StatelogError(
    'SOURCE_MISMATCH',
    `the snapshot is not the one at ${positionName(position)} that its increments stand on`,
    { path, ...texts, safe: 'nothing was made of it', hint: 'export a whole snapshot anew' },
  );
}
