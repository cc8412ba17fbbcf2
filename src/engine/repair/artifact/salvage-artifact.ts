import { dirname, join } from 'node:path';
import { appendLogContent, FOLD_PATH } from '../../artifact/backends/append-log-artifact.js';
import { writeArtifact, type ArtifactForm } from '../../artifact/write/write-artifact.js';
import type { DamageClass } from '../../finding.js';
import { AppendLogFold } from '../../fold/store/append-log-fold.js';
import { Tally } from '../../inspect/verify/tally.js';
import { verifyArtifact } from '../../inspect/verify/verify-artifact.js';
import { slicedFileSystem } from '../../storage-io/views/composed-file-system.js';
import type { LocatedPayload } from './located-payload.js';
import { placePayload } from './placed-payload.js';
import { nothingLeft, notWhole } from '../account/refusals.js';
import { reportCut } from '../log/cut-file.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import { salvageFold } from '../log/salvage-fold.js';
import { isStatePayload, salvageStateArtifact, type NewArtifact } from './salvage-state-artifact.js';

const SCRATCH_NAME = '.scratch';
/** Classes that say that a file is not the one in the manifest. */
const NOT_AS_EXPORTED: readonly DamageClass[] = ['digest-mismatch', 'bad-length'];

/**
 * Makes an artifact of what is good in a damaged one, in the same form: its fold's good records, folded anew, or
 * the entries of its state files, under a new manifest. A cursor that the fold lost is taken from the old manifest, if that is whole.
 * @param into its place, in a folder of ours; undefined to look only
 */
export function* salvageArtifact(
  account: RepairAccount,
  path: string,
  form: ArtifactForm,
  into: string | undefined,
): Generator<RepairEvent, void> {
  const { fileSystem } = account;
  let isAnotherPayload = false;
  const { payload, findings, isSettled } = placePayload(fileSystem, path);
  for (const finding of verifyArtifact(fileSystem, path, new Tally())) {
    if (isSettled(finding)) continue;
    isAnotherPayload ||= NOT_AS_EXPORTED.includes(finding.class);
    yield account.tell(finding);
  }
  for (const finding of findings) yield account.take(finding);
  const slices = [...payload.files].map(([name, slice]) => [join(path, name), slice] as const);
  const sliced = slicedFileSystem(fileSystem, new Map(slices));
  const scratch = into === undefined ? undefined : join(dirname(into), SCRATCH_NAME);
  if (scratch !== undefined) fileSystem.makeDirectory(scratch);
  const place = into === undefined || scratch === undefined ? undefined : { path: into, form, scratch };
  if (isStatePayload(payload)) {
    yield* salvageStateArtifact(account, { root: path, payload, sliced }, place);
  } else {
    if (!payload.files.has(FOLD_PATH)) throw nothingLeft(path);
    const log = scratch === undefined ? undefined : join(scratch, 'fold.snap');
    yield* salvageFold(account, join(path, FOLD_PATH), log, sliced);
    // One that was cut between two records looks whole by itself.
    yield* reportCut(account, path, payload, FOLD_PATH);
    if (place !== undefined && log !== undefined) writeFoldArtifact(account, payload, log, place);
  }
  // Nothing is wrong with what is there, and it is not what was exported: what that was cannot be told.
  if (isAnotherPayload && account.isWhole) account.gaps += 1;
  if (into === undefined) return;
  for (const finding of verifyArtifact(fileSystem, into, new Tally())) throw notWhole(finding);
}

function writeFoldArtifact(
  { fileSystem }: RepairAccount,
  { manifest }: LocatedPayload,
  log: string,
  { path, form }: NewArtifact,
): void {
  const { store } = AppendLogFold.open(log, Infinity, { fileSystem });
  try {
    if (store.cursor.isNone && manifest?.cursor.isNone === false) store.checkpoint(manifest.cursor);
    writeArtifact(
      fileSystem,
      appendLogContent(store, manifest?.createdAtUnix ?? 0, manifest?.scope),
      path,
      form,
    );
  } finally {
    store.close();
  }
}
