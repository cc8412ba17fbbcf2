import type { ExportRequest } from '../../engine/transfer/export-store.js';
import type { ExportReport } from '../../engine/transfer/prepared-export.js';
import type { Finding } from '../../engine/finding.js';
import { usageError } from '../errors/usage-error.js';
import { startProgress, type Progress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/visible-text.js';
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
  const [{ openSnapshotPlace }, { publish }, { prepareExport }] = await Promise.all([
    import('../../engine/remote/place/open-place.js'),
    import('../../engine/remote/publish/publish.js'),
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
    const options = { ...pace, nonAtomic, keepTime, onUploaded };
    const { payload, bytes } = await publish(store, name, prepared.artifact!, options);
    return { path: url, ...prepared.report, payload: store.urlOf(payload), bytes };
  } finally {
    progress?.stop();
    prepared.close();
  }
}
