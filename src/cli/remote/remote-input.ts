import { visibleText } from '../terminal/visible-text.js';
import { startProgress, type Progress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';
import { paceOf } from './transfer-flags.js';

/**
 * The snapshot that is published at a URL, as a tar, chunk by chunk; progress is shown to a waiting user.
 * @throws StatelogError `INVALID_ARGUMENT`, `NOT_FOUND`, `PERMISSION_DENIED`, `INVALID_ARTIFACT`, `IO_FAILED`
 */
export async function* remoteInput(
  url: string,
  terminal: Terminal,
  options: { readonly limitRate?: number | undefined } = {},
): AsyncGenerator<Uint8Array, void> {
  const [{ openSnapshotPlace }, { fetchPayload }] = await Promise.all([
    import('../../engine/remote/place/open-place.js'),
    import('../../engine/remote/publish/fetch-payload.js'),
  ]);
  const { store, name } = await openSnapshotPlace(url);
  let progress: Progress | undefined;
  const onRead = (done: number, total: number): void => {
    progress ??= startProgress(terminal, `fetching ${visibleText(url)}`, total, { isTimeShown: true });
    progress.advanceTo(done);
  };
  try {
    const { chunks } = await fetchPayload(store, name, { ...(await paceOf(options.limitRate)), onRead });
    yield* chunks;
  } finally {
    progress?.stop();
  }
}
