import { dirname, join } from 'node:path';
import { appendLogContent, FOLD_PATH } from '../artifact/append-log-artifact.js';
import { STATE_BACKEND } from '../artifact/state-payload.js';
import { writeArtifact, type ArtifactForm } from '../artifact/write-artifact.js';
import { StatelogError } from '../errors.js';
import { AppendLogFold } from '../fold/append-log-fold.js';
import { Tally } from '../inspect/verify/tally.js';
import { verifyArtifact } from '../inspect/verify/verify-artifact.js';
import { slicedFileSystem } from '../storage-io/sliced-file-system.js';
import { locatePayload, type LocatedPayload } from './located-payload.js';
import { notWhole } from './refusals.js';
import type { RepairAccount } from './repair-account.js';
import type { RepairEvent } from './report.js';
import { salvageFold } from './salvage-fold.js';

const SCRATCH_NAME = 'fold.snap';

/**
 * Makes an artifact of what is good in a damaged one, in the same form: its fold's good records, folded anew,
 * under a new manifest. A cursor that the fold lost is taken from the old manifest, if that is whole.
 * @param into its place, in a folder of ours; undefined to look only
 */
export function* salvageArtifact(
  account: RepairAccount,
  path: string,
  form: ArtifactForm,
  into: string | undefined,
): Generator<RepairEvent, void> {
  const { fileSystem } = account;
  for (const finding of verifyArtifact(fileSystem, path, new Tally())) yield account.tell(finding);
  const payload = locatePayload(fileSystem, path);
  if (payload.manifest?.backend === STATE_BACKEND || payload.files.has('data/state-0.db'))
    throw notAFold(path);
  const fold = join(path, FOLD_PATH);
  const slice = payload.files.get(FOLD_PATH);
  if (slice === undefined) throw noFold(path);
  const sliced = slicedFileSystem(fileSystem, new Map([[fold, slice]]));
  const scratch = into === undefined ? undefined : join(dirname(into), `.${SCRATCH_NAME}`);
  yield* salvageFold(account, fold, scratch, sliced);
  if (into === undefined || scratch === undefined) return;
  writeAnew(account, payload, scratch, { into, form });
  for (const finding of verifyArtifact(fileSystem, into, new Tally())) throw notWhole(finding);
}

function writeAnew(
  { fileSystem }: RepairAccount,
  { manifest }: LocatedPayload,
  log: string,
  { into, form }: { readonly into: string; readonly form: ArtifactForm },
): void {
  const { store } = AppendLogFold.open(log, Infinity, { fileSystem });
  try {
    if (store.cursor.isNone && manifest?.cursor.isNone === false) store.checkpoint(manifest.cursor);
    writeArtifact(fileSystem, appendLogContent(store, manifest?.createdAtUnix ?? 0), into, form);
  } finally {
    store.close();
  }
}

function noFold(path: string): StatelogError {
  return new StatelogError('INVALID_ARTIFACT', 'nothing of its payload is left to be found', {
    path,
    class: 'missing-file',
    safe: 'nothing was changed',
    hint: 'fetch the artifact again, or export a new one',
  });
}

function notAFold(path: string): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', 'an artifact of a state directory is not salvaged', {
    path,
    safe: 'nothing was changed',
    hint: 'fetch the artifact again, or export a new one',
  });
}
