import type { Download } from '../../engine/transfer/download/download.js';
import type { IncrementChain } from '../../engine/transfer/chain/increment-chain.js';
import { visibleText } from '../terminal/shown/visible-text.js';
import { startProgress, type Progress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';
import { paceOf } from './transfer-flags.js';

/** A snapshot that is published at a URL, and the increments to lay over it. */
export interface RemoteMoment {
  /** A tar. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** That tar, for whoever kept its first bytes. */
  readonly download: Download;
  /** Undefined where nothing stands on it. */
  readonly chain: IncrementChain | undefined;
}

/** Which moment is fetched from a URL, and how. */
export interface RemoteInputOptions {
  readonly limitRate?: number | undefined;
  /** As `list --chain` names it; default: the newest. */
  readonly at?: string | undefined;
}

/**
 * The newest moment that is kept at a URL, chunk by chunk: a tar, or an NDJSON export where increments stand on it.
 * @throws StatelogError as `remoteMoment` and `importStore`
 */
export async function* remoteInput(url: string, terminal: Terminal): AsyncGenerator<Uint8Array, void> {
  const { stream, chain } = await remoteMoment(url, terminal);
  if (chain === undefined) {
    yield* stream;
    return;
  }
  const [{ layeredLines }, { realFileSystem }] = await Promise.all([
    import('../../engine/transfer/chain/layered-lines.js'),
    import('../../engine/storage-io/real/real-file-system.js'),
  ]);
  yield* layeredLines(realFileSystem(), url, stream, chain);
}

/**
 * Finds a moment that is kept at a URL; progress is shown to a waiting user.
 * @throws StatelogError `INVALID_ARGUMENT`, `PERMISSION_DENIED`; as `fetchNewest` and `fetchMoment`
 */
export async function remoteMoment(
  url: string,
  terminal: Terminal,
  { limitRate, at }: RemoteInputOptions = {},
): Promise<RemoteMoment> {
  const [{ openSnapshotPlace }, { fetchMoment, fetchNewest }] = await Promise.all([
    import('../../engine/remote/place/open-place.js'),
    import('../../engine/remote/chain/fetch-moment.js'),
  ]);
  const { store, name } = await openSnapshotPlace(url);
  let progress: Progress | undefined;
  const onRead = (done: number, total: number): void => {
    progress ??= startProgress(terminal, `fetching ${visibleText(url)}`, total, { isTimeShown: true });
    progress.advanceTo(done);
  };
  const options = { ...(await paceOf(limitRate)), onRead };
  const { chunks, download, chain } = await (at === undefined
    ? fetchNewest(store, name, options)
    : fetchMoment(store, name, at, options));
  const stop = (): void => {
    progress?.stop();
    progress = undefined;
  };
  return {
    stream: endingWith(chunks, stop),
    download: { ...download, open: (...given) => endingWith(download.open(...given), stop) },
    chain: chain?.increments.length === 0 ? undefined : chain,
  };
}

async function* endingWith(
  chunks: AsyncIterable<Uint8Array>,
  end: () => void,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* chunks;
  } finally {
    end();
  }
}
