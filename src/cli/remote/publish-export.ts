import type { ExportRequest } from '../../engine/transfer/export-store.js';
import type { ExportReport } from '../../engine/transfer/prepared-export.js';
import type { Finding } from '../../engine/finding.js';
import { usageError } from '../errors/usage-error.js';
import { startProgress, type Progress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/shown/visible-text.js';
import { paceOf } from './transfer-flags.js';

/** An export to a URL. */
export interface PublishTask extends Omit<ExportRequest, 'fileSystem' | 'scratchBeside'> {
  readonly url: string;
  /** True where SOURCE_DATE_EPOCH says the time: the bytes are then those of that time, whatever was begun before. */
  readonly keepTime: boolean;
  readonly limitRate: number | undefined;
  readonly nonAtomic: boolean;
}

/** The report of an export to a URL. */
export interface PublishReport extends ExportReport {
  /** The URL of the payload, and its bytes. */
  readonly payload: string;
  readonly bytes: number;
}

/**
 * Exports a store to a URL; progress is shown to a waiting user.
 * @param onNotice told each remark about the store
 * @throws StatelogError as `publish` and `prepareExport`
 */
export async function publishExport(
  { url, limitRate, nonAtomic, keepTime, ...request }: PublishTask,
  terminal: Terminal,
  onNotice: (finding: Finding) => void,
): Promise<PublishReport> {
  if (request.as === 'ndjson')
    throw usageError('a bucket holds artifacts, not NDJSON', 'leave out --as ndjson');
  const [{ openSnapshotPlace }, { publish }, { startBeside }, { prepareExport }] = await Promise.all([
    import('../../engine/remote/place/open-place.js'),
    import('../../engine/remote/publish/publish.js'),
    import('../../engine/remote/chain/extend-chain.js'),
    import('../../engine/transfer/export-store.js'),
  ]);
  const { store, name } = await openSnapshotPlace(url);
  const pace = await paceOf(limitRate);
  const prepared = prepareExport(request);
  let progress: Progress | undefined;
  const onUploaded = (done: number, total: number): void => {
    progress ??= startProgress(terminal, `uploading to ${visibleText(url)}`, total, { isTimeShown: true });
    progress.advanceTo(done);
  };
  try {
    for (const finding of prepared.notices) onNotice(finding);
    const beside = startBeside(store, name, prepared, pace)?.put;
    const options = { ...pace, nonAtomic, keepTime, onUploaded, beside };
    const { payload, bytes } = await publish(store, name, prepared.artifact!, options);
    return { path: url, ...prepared.report, payload: store.urlOf(payload), bytes };
  } finally {
    progress?.stop();
    prepared.close();
  }
}

/** The report of an increment that was added to what is kept at a URL. */
export interface ExtendReport extends ExportReport {
  /** The URL of the increment, and its bytes; null and 0 where the store stands where the chain ended. */
  readonly increment: string | null;
  readonly bytes: number;
}

/**
 * Adds what changed in a store to the chain at a URL.
 * @param onNotice told each remark about the store
 * @throws StatelogError as `extendChain`
 */
export async function extendExport(
  { url, limitRate, nonAtomic, source, since, at }: PublishTask & { readonly since: string },
  onNotice: (finding: Finding) => void,
): Promise<ExtendReport> {
  const [{ openSnapshotPlace }, { extendChain }, { endOf }, { positionName }, { cursorText }] =
    await Promise.all([
      import('../../engine/remote/place/open-place.js'),
      import('../../engine/remote/chain/extend-chain.js'),
      import('../../engine/transfer/chain/increment-chain.js'),
      import('../../engine/lines/increment-position.js'),
      import('../../engine/fold/format/position-text.js'),
    ]);
  const { store, name: key } = await openSnapshotPlace(url);
  const options = { ...(await paceOf(limitRate)), nonAtomic };
  const { name, increment, head, notices } = await extendChain(store, key, { source, since, at }, options);
  for (const finding of notices) onNotice(finding);
  const { position, content } = increment === undefined ? head.end : endOf(increment);
  return {
    path: url,
    epoch: position.epoch === undefined ? null : String(position.epoch),
    cursor: cursorText(position.cursor) ?? null,
    keys: content.keys,
    digest: content.digest ?? null,
    sum: content.sum ?? null,
    since: positionName(head.end.position),
    puts: increment?.end.puts ?? 0,
    deletes: increment?.end.deletes ?? 0,
    increment: name === undefined ? null : store.urlOf(name),
    bytes: increment?.bytes.length ?? 0,
  };
}
