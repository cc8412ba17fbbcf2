import { StatelogError } from '../errors.js';

/** The parts that may be lost on the way from one kind of store to another. */
export interface AllowedLosses {
  /** Revisions, and the cursor, which counts in them. */
  readonly dropRevisions?: boolean | undefined;
  readonly dropCursor?: boolean | undefined;
  /** How far each source was taken, and the watermark. */
  readonly dropSources?: boolean | undefined;
}

/** The parts of a store or snapshot beside its entries' keys and values. */
export interface Attributes {
  readonly hasVersions: boolean;
  readonly cursor: Uint8Array | undefined;
  readonly sources: ReadonlyMap<string, bigint> | undefined;
  readonly watermark: bigint | undefined;
}

/** A kind of store or form of snapshot, by what of this it keeps. */
export type Target = 'directory' | 'log';

const TARGET_NAMES: Readonly<Record<Target, string>> = { directory: 'state directory', log: 'fold log' };

/**
 * The one rule for losses: what the target does not keep is refused, unless it may be lost.
 * @param path the source, for the message
 * @throws StatelogError `NOT_REPRESENTABLE`
 */
export function refuseLosses(
  path: string,
  { hasVersions, cursor, sources, watermark }: Attributes,
  target: Target,
  { dropRevisions = false, dropCursor = false, dropSources = false }: AllowedLosses,
): void {
  const hasCursor = cursor !== undefined && cursor.length > 0;
  if (target === 'directory') {
    if (hasVersions && !dropRevisions) throw loss(path, target, 'revisions', '--drop-revisions');
    if (hasCursor && !dropRevisions && !dropCursor) throw loss(path, target, 'its cursor', '--drop-cursor');
    return;
  }
  if (dropSources) return;
  if ((sources?.size ?? 0) > 0) throw loss(path, target, 'how far its sources were taken', '--drop-sources');
  if (watermark !== undefined) throw loss(path, target, 'its watermark', '--drop-sources');
}

function loss(path: string, target: Target, what: string, flag: string): StatelogError {
  const other = target === 'log' ? 'directory or mmap-state' : 'log or append-log';
  return new StatelogError('NOT_REPRESENTABLE', `a ${TARGET_NAMES[target]} cannot hold ${what}`, {
    path,
    safe: 'nothing was made of it',
    hint: `keep it in another kind (${other}; ndjson holds everything), or allow the loss with ${flag}`,
  });
}
