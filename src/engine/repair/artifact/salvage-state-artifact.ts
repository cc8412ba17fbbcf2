import { join } from 'node:path';
import { stateContent } from '../../artifact/backends/state-content.js';
import { STATE_BACKEND, SUMMARY_PATH } from '../../artifact/backends/state-payload.js';
import { MANIFEST_BYTES_MAX } from '../../artifact/format/format.js';
import { writeArtifact, type ArtifactForm } from '../../artifact/write/write-artifact.js';
import {
  decodeCheckpointSummary,
  type CheckpointSummary,
} from '../../directory/manifest/checkpoint-summary.js';
import { CoreStates, type CoreState } from '../../directory/state/core-state.js';
import { Overlay } from '../../directory/state/overlay.js';
import type { DirectorySnapshot } from '../../directory/read/reader.js';
import { STATE_HEADER_BYTES } from '../../state/format/format.js';
import { STORE_ID_BYTES } from '../../state/format/index-block.js';
import { openStateFile } from '../../state/read/state-file-open.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { readWholeFile } from '../../storage-io/whole/write-fully.js';
import { closeEach } from '../../storage-io/whole/close-each.js';
import { reportCut } from '../log/cut-file.js';
import { nothingLeft } from '../account/refusals.js';
import type { LocatedPayload } from './located-payload.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import { StateSource } from '../state/state-source.js';
import { unnamedEntries } from '../account/unnamed.js';
import { writePair } from '../state/write-pair.js';

const NO_STORE = new Uint8Array(STORE_ID_BYTES);
const STATE_NAME = /^data\/state-(\d{1,5})\.(db|idx)$/;
const CORES_MAX = 1024;

/** The destination of an artifact. */
export interface NewArtifact {
  readonly path: string;
  readonly form: ArtifactForm;
  /** An empty folder of ours. */
  readonly scratch: string;
}

/** True if a payload is that of a state directory. */
export function isStatePayload({ manifest, files }: LocatedPayload): boolean {
  return manifest?.backend === STATE_BACKEND || [...files.keys()].some((name) => STATE_NAME.test(name));
}

/**
 * Makes an artifact of the entries that can still be read in the state files of a damaged one. Its epoch and
 * sources are those of its checkpoint, as far as that can be read.
 * @param sliced shows the payload's files at `root`, wherever they lie
 * @param into undefined to look only
 */
export function* salvageStateArtifact(
  account: RepairAccount,
  {
    root,
    payload,
    sliced,
  }: { readonly root: string; readonly payload: LocatedPayload; readonly sliced: FileSystem },
  into: NewArtifact | undefined,
): Generator<RepairEvent, void> {
  const summary = summaryOf(sliced, root, payload);
  const cores = Math.max(summary?.cores.length ?? 0, coresIn(payload));
  if (cores === 0) throw nothingLeft(root);
  const epoch = summary?.epoch ?? payload.manifest?.cursor.asU64() ?? 1n;
  const states: CoreState[] = [];
  try {
    for (let coreId = 0; coreId < cores; coreId++) {
      const source = openCore(sliced, join(root, `data/state-${coreId}`), payload, coreId);
      try {
        const gaps = account.gaps;
        yield* report(account, source, join(root, `data/state-${coreId}.db`));
        // An index that was cut to nothing may look like an empty one.
        if (account.gaps === gaps) yield* reportCut(account, root, payload, `data/state-${coreId}.idx`);
        if (into === undefined) continue;
        const statePath = join(into.scratch, `state-${coreId}.db`);
        const indexPath = join(into.scratch, `state-${coreId}.idx`);
        const { fileSystem } = account;
        const labels = { storeId: NO_STORE, generation: epoch, epoch, coreId };
        writePair({ fileSystem, statePath, indexPath, ...labels }, () => entriesOf(source));
        const base = openStateFile(fileSystem, statePath, { mapping: 'never' });
        states.push({ coreId, base, overlay: new Overlay() });
      } finally {
        source?.close();
      }
    }
    if (into !== undefined) write(account, payload, { summary, epoch, states }, into);
  } finally {
    closeEach(states.map(({ base }) => base));
  }
}

interface Salvaged {
  readonly summary: CheckpointSummary | undefined;
  readonly epoch: bigint;
  readonly states: readonly CoreState[];
}

function write(
  { fileSystem }: RepairAccount,
  { manifest }: LocatedPayload,
  { summary, epoch, states }: Salvaged,
  { path, form, scratch }: NewArtifact,
): void {
  const payload = join(scratch, 'payload');
  fileSystem.makeDirectory(payload);
  const segments = states.map(({ coreId }) => {
    const { nextSequence = 0n, lastTimestampNs = 0n } = summary?.cores[coreId] ?? {};
    return { coreId, records: 0, goodEnd: 0, nextSequence, lastTimestampNs };
  });
  const snapshot: DirectorySnapshot = {
    manifest: { storeId: NO_STORE, cores: states.length, keep: 1, checkpoints: [] },
    entry: undefined,
    epoch,
    states: new CoreStates(states),
    progress: { sources: new Map(summary?.sources), watermark: summary?.watermark },
    notices: [],
    segments,
  };
  const content = stateContent(fileSystem, snapshot, () => payload, manifest?.createdAtUnix ?? 0);
  writeArtifact(fileSystem, content, path, form);
}

function openCore(
  sliced: FileSystem,
  stem: string,
  { files }: LocatedPayload,
  coreId: number,
): StateSource | undefined {
  if (!files.has(`data/state-${coreId}.db`) || !files.has(`data/state-${coreId}.idx`)) return undefined;
  return StateSource.open(sliced, `${stem}.db`, `${stem}.idx`, (block) => block.coreId === coreId);
}

function* report(
  account: RepairAccount,
  source: StateSource | undefined,
  file: string,
): Generator<RepairEvent, void> {
  let isLosing = source === undefined;
  for (const { key, value, offset, length } of source?.entries() ?? []) {
    if (value !== undefined) {
      account.keys += 1;
      account.keptBytes += value.length;
      continue;
    }
    isLosing = true;
    const isProven = source?.namesAreProven === true;
    const place = { file, offset: STATE_HEADER_BYTES + offset };
    account.loseValueBytes({ ...place, bytes: length }, isProven ? key : undefined);
    yield account.loseValue({ key, op: 'put', ...place, fallsBack: false }, isProven);
  }
  const unnamed = source?.walk.count === undefined ? undefined : source.walk.count - source.named;
  if (unnamed !== 0) {
    account.loseNamelessKeys(unnamed);
    yield account.take(unnamedEntries(file, unnamed, source?.walk.holes ?? 1));
  } else if (isLosing) {
    account.gaps += 1;
  }
}

function* entriesOf(
  source: StateSource | undefined,
): Generator<{ readonly key: Uint8Array; readonly value: Uint8Array }, void> {
  for (const { key, value } of source?.entries() ?? []) if (value !== undefined) yield { key, value };
}

function coresIn({ files }: LocatedPayload): number {
  const ids = [...files.keys()].map((name) => Number(STATE_NAME.exec(name)?.[1] ?? -1));
  return Math.max(0, ...ids.filter((id) => id < CORES_MAX).map((id) => id + 1));
}

function summaryOf(
  sliced: FileSystem,
  root: string,
  { files }: LocatedPayload,
): CheckpointSummary | undefined {
  const slice = files.get(SUMMARY_PATH);
  if (slice === undefined || slice.length > MANIFEST_BYTES_MAX) return undefined;
  const summary = decodeCheckpointSummary(
    readWholeFile(sliced, join(root, SUMMARY_PATH), MANIFEST_BYTES_MAX),
  );
  return typeof summary === 'string' ? undefined : summary;
}
