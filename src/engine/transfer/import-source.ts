import { join } from 'node:path';
import {
  APPEND_LOG_BACKEND,
  FOLD_PATH,
  refuseOtherThanFold,
  verifyStagedFold,
} from '../artifact/backends/append-log-artifact.js';
import { adoptStatePayload } from '../artifact/backends/adopt-state-payload.js';
import type { ExportManifest } from '../artifact/format/manifest.js';
import { fileChunks } from '../artifact/write/payload.js';
import { stageArtifact, stageArtifactStream, type StagedArtifact } from '../artifact/read/stage-artifact.js';
import { STATE_BACKEND, openStatePayload } from '../artifact/backends/state-payload.js';
import { ContentDigest } from '../bytes/hash/content-digest.js';
import type { CheckpointSummary } from '../directory/manifest/checkpoint-summary.js';
import { CoresCursor } from '../directory/state/cores-cursor.js';
import { forEachEntryOf } from '../entry-range.js';
import { identify } from '../inspect/identify.js';
import { openReadable } from '../inspect/open.js';
import { CheckedLines } from '../lines/checked-lines.js';
import { EntrySpool } from '../lines/entry-spool.js';
import type { LinesHeader } from '../lines/export-lines.js';
import { anchoredSource } from '../storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { closeEach } from '../storage-io/whole/close-each.js';
import { FoldStore } from '../store/fold-store.js';
import type { ReadableStore } from '../store/store.js';
import { entriesOf } from './build-store.js';
import type { ImportRequest, Verified } from './import-request.js';
import { openStream } from './import-stream.js';
import { coresOf, Surveyor } from './import-survey.js';

/**
 * Verifies all of a source, and opens it. What lies on disk is read where it lies; an artifact that becomes a store, and a
 * stream, are copied first.
 * @param makeFolder gives an empty folder of ours for the copy
 * @throws StatelogError as `importStore`
 */
export async function verifySource(
  disk: FileSystem,
  request: ImportRequest,
  makeFolder: () => string,
): Promise<Verified> {
  const { source, stream, dryRun = false } = request;
  const fileSystem = stream === undefined ? anchoredSource(disk, source) : disk;
  const options = { fileSystem, acceptManifest: acceptBackend(source), sync: false };
  if (stream !== undefined) {
    const { isNdjson, chunks } = await openStream(stream, source);
    if (isNdjson) return verifiedLines(chunks, request, spoolOf(fileSystem, request, makeFolder));
    const folder = makeFolder();
    const staged = await stageArtifactStream(chunks, source, folder, options);
    return verifiedArtifact(fileSystem, staged, folder, source);
  }
  const { kind } = identify(fileSystem, source);
  if (kind === 'ndjson') return verifiedLinesFile(fileSystem, request, makeFolder);
  if ((kind === 'artifact-folder' || kind === 'artifact-tar') && !dryRun) {
    const folder = makeFolder();
    return verifiedArtifact(fileSystem, stageArtifact(source, folder, options), folder, source);
  }
  return verifiedStore(openReadable(source, { fileSystem }));
}

/** A store, or an export that is only looked at, where it lies. */
function verifiedStore(store: ReadableStore): Verified {
  const { cores, cursor, epoch, notices } = store;
  const isExport = store.kind === 'artifact';
  // A log has a cursor, and a state directory's checkpoint its epoch.
  const isLog = store.kind === 'log' || (isExport && epoch === undefined && cores === undefined);
  return {
    kind: isLog ? 'log' : 'directory',
    cursor,
    cores,
    summary: summaryOf(isExport ? epoch : undefined, store),
    forEachEntry: entriesOf(store),
    notices,
    close: () => {
      store.close();
    },
  };
}

function spoolOf(
  fileSystem: FileSystem,
  { dryRun = false }: ImportRequest,
  makeFolder: () => string,
): EntrySpool | undefined {
  return dryRun ? undefined : new EntrySpool(fileSystem, join(makeFolder(), 'entries'));
}

async function verifiedLinesFile(
  fileSystem: FileSystem,
  request: ImportRequest,
  makeFolder: () => string,
): Promise<Verified> {
  const descriptor = fileSystem.openRead(request.source);
  try {
    const { size } = fileSystem.statusOf(descriptor);
    const chunks = fileChunks(fileSystem, descriptor, size);
    return await verifiedLines(chunks, request, spoolOf(fileSystem, request, makeFolder));
  } finally {
    fileSystem.close(descriptor);
  }
}

/**
 * Lines are checked and counted as they come, and spooled, since nothing of a stream can be read twice.
 * @param spool undefined where the content is only looked at
 */
async function verifiedLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  request: ImportRequest,
  spool: EntrySpool | undefined,
): Promise<Verified> {
  let surveyor: Surveyor | undefined;
  const lines = new CheckedLines(request.source, ({ key, value, version }) => {
    surveyor ??= surveyorOf(request, lines.header!);
    surveyor.add(key, value, version);
    spool?.add(key, value, version);
  });
  try {
    for await (const chunk of chunks) lines.push(chunk);
    const { header, end } = lines.finish();
    const { kind, cursor, cores } = header;
    return {
      kind,
      cursor,
      cores,
      summary: summaryOf(header.epoch, header),
      survey: (surveyor ?? surveyorOf(request, header)).survey(end),
      forEachEntry: (visit) => spool?.forEachEntry(visit),
      notices: [],
      close: () => spool?.close(),
    };
  } catch (error) {
    spool?.close();
    throw error;
  }
}

function surveyorOf(request: ImportRequest, { kind, cores }: LinesHeader): Surveyor {
  return new Surveyor(request.kind ?? kind, coresOf(request, { cores }), request.largeValues);
}

/** The point at which the new store's epochs and sources go on; undefined to start anew. */
function summaryOf(
  epoch: bigint | undefined,
  { sources = new Map(), watermark }: Pick<LinesHeader, 'sources' | 'watermark'>,
): CheckpointSummary | undefined {
  if ((epoch === undefined || epoch === 0n) && sources.size === 0 && watermark === undefined)
    return undefined;
  return { epoch: epoch ?? 1n, sources, watermark, cores: [] };
}

function verifiedArtifact(
  fileSystem: FileSystem,
  staged: StagedArtifact,
  staging: string,
  origin: string,
): Verified {
  if (staged.manifest.backend === APPEND_LOG_BACKEND) return verifiedFold(fileSystem, staged, origin);
  const digest = new ContentDigest();
  const payload = openStatePayload(fileSystem, staging, staged.manifest, origin, (key, value) => {
    digest.add(key, value);
  });
  const { summary, cores } = payload;
  return {
    kind: 'directory',
    summary,
    // Entries of several cores have to be brought into one order first.
    read: cores.length === 1 ? { digest: digest.hex(), keys: digest.keys, hasVersions: false } : undefined,
    adopt: payload.isTight ? adoptStatePayload(fileSystem, staging, payload) : undefined,
    forEachEntry: (visit) => {
      forEachEntryOf(new CoresCursor(cores.map((file) => file.cursor())), visit);
    },
    notices: [],
    close: () => {
      closeEach(cores);
    },
  };
}

/** A fold's artifact: in its compact form it is read once, and then is the new log as it lies. */
function verifiedFold(fileSystem: FileSystem, staged: StagedArtifact, origin: string): Verified {
  const path = staged.pathOf(FOLD_PATH);
  const digest = new ContentDigest();
  let hasVersions = false;
  const { cursor, compactForm } = verifyStagedFold(fileSystem, staged, origin, (record) => {
    const { bytes, keyStart, keyLength, valueStart, valueLength } = record;
    digest.addParts(bytes, keyStart, keyLength, bytes, valueStart, valueLength);
    hasVersions ||= record.tokenLength > 0;
  });
  let store: FoldStore | undefined;
  return {
    kind: 'log',
    cursor: cursor.toBytes(),
    read: compactForm ? { digest: digest.hex(), keys: digest.keys, hasVersions } : undefined,
    log: compactForm ? path : undefined,
    forEachEntry: (visit) => {
      store ??= FoldStore.load(path, fileSystem);
      store.forEachEntry(visit);
    },
    notices: [],
    close: () => store?.close(),
  };
}

/** Refuses a backend that is not ours before any of its payload is taken. */
function acceptBackend(origin: string): (manifest: ExportManifest) => void {
  return (manifest) => {
    if (manifest.backend !== STATE_BACKEND) refuseOtherThanFold(manifest, origin);
  };
}
