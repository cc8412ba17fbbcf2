import nodePath from 'node:path';
import { commandText, repairHint } from '../../bytes/text/command-hints.js';
import { equalBytes } from '../../bytes/compare.js';
import { findLeftovers, type Leftover } from '../../directory/leftovers/leftovers.js';
import { epochOfName, type DirectoryLayout } from '../../directory/manifest/layout.js';
import { readManifestBytes } from '../../directory/manifest/manifest-file.js';
import { decodeManifest } from '../../directory/manifest/manifest.js';
import { isStatelogError, type StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { listSegments } from '../../wal/folder/segment-folder.js';
import { sweepFile } from '../../wal/scan/record-sweep.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { lockState } from '../../storage-io/lock/lock-holder.js';
import { namesIn } from '../../storage-io/views/names-in.js';
import { unopenedFinding } from '../unreadable.js';

/** How often a writer may make a checkpoint while we look. */
const TRIES_MAX = 100;

/** Tells of what lies in a state directory and is named by nothing in it. */
export function* lookAround(fileSystem: FileSystem, layout: DirectoryLayout): Generator<Finding, void> {
  const leftovers = leftoversNow(fileSystem, layout);
  const isManifestOlder = leftovers.some(({ isNewer }) => isNewer);
  for (const leftover of leftovers) {
    const { path, isNewer, unlisted } = leftover;
    if (unlisted !== undefined) {
      yield unopenedFinding(unlisted, path);
      continue;
    }
    yield {
      severity: isNewer ? 'damage' : 'notice',
      class: isNewer ? 'misplaced-epoch' : 'leftover',
      file: path,
      offset: 0,
      bytes: 0,
      ...(isNewer
        ? toldOfNewer(fileSystem, layout, leftover)
        : toldOfLeftover(layout, leftover, isManifestOlder)),
    };
  }
  let unlisted: StatelogError | undefined;
  for (const name of namesIn(fileSystem, layout.broken, (error) => (unlisted = error))) {
    const file = nodePath.join(layout.broken, name);
    yield {
      severity: 'notice',
      class: 'broken-copy',
      file,
      offset: 0,
      bytes: fileSystem.status(file)?.size ?? 0,
      message: 'a copy of what recovery or repair cut',
      hint: `when nobody needs it any more, run ${commandText('statelog', 'compact', layout.root, '--drop-broken')}`,
    };
  }
  if (unlisted !== undefined) yield unopenedFinding(unlisted, layout.broken);
}

/** Beside an older manifest nobody can tell the remains of a crash from later logs and checkpoints; and no writer removes either. */
function toldOfLeftover(
  layout: DirectoryLayout,
  { kind }: Leftover,
  isManifestOlder: boolean,
): Pick<Finding, 'message' | 'hint'> {
  const crashed = 'a crash left this behind; it is not read';
  if (!isManifestOlder)
    return {
      message: crashed,
      hint: 'nothing: the next writer removes it, but for segments of other stores',
    };
  const unnamed = 'the manifest, which is too old, does not name this; it is not read';
  return { message: kind === 'temporary' ? crashed : unnamed, hint: hintOfOlder(layout) };
}

function hintOfOlder(layout: DirectoryLayout): string {
  return `put back the MANIFEST.json that belongs here, or ${repairHint(layout.root)}`;
}

function toldOfNewer(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  { kind, path }: Leftover,
): Pick<Finding, 'message' | 'hint'> {
  if (kind !== 'checkpoint') return toldOfLaterLog(fileSystem, layout, path);
  return {
    message: 'the checkpoint is of this store, and newer than the manifest, which does not know it',
    hint: hintOfOlder(layout),
  };
}

/** A log behind the live one: what its records say of it, rather than the name of its folder. */
function toldOfLaterLog(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  folder: string,
): Pick<Finding, 'message' | 'hint'> {
  const runs = listSegments(fileSystem, folder).flatMap(({ path }) => sweepFile(fileSystem, path));
  const named = epochOfName(nodePath.basename(folder));
  const [first] = runs;
  if (first === undefined || runs.some(({ epoch }) => epoch === named)) {
    return {
      message:
        'the log of an epoch that the manifest does not know holds changes: the manifest is older than it',
      hint: hintOfOlder(layout),
    };
  }
  return {
    message: `the records in this folder are of epoch ${first.epoch}, and not of the epoch that its name says: it is a copy, or was renamed`,
    hint: `${repairHint(layout.root)}, each record where it belongs`,
  };
}

/** Leftovers of a manifest that was the same before and after: a writer may publish what looked like one. */
function leftoversNow(fileSystem: FileSystem, layout: DirectoryLayout): Leftover[] {
  const wasClosed = (): boolean => lockState(fileSystem, layout.lock).wasClosed;
  for (let tries = 1; ; tries++) {
    const bytes = readManifestBytes(fileSystem, layout);
    const isLast = tries === TRIES_MAX;
    try {
      const manifest = decodeManifest(bytes, layout.manifest);
      const leftovers = findLeftovers(fileSystem, layout, manifest, wasClosed);
      if (isLast || equalBytes(bytes, readManifestBytes(fileSystem, layout))) return leftovers;
    } catch (error) {
      if (isLast || !isStatelogError(error, 'NOT_FOUND')) throw error;
    }
  }
}
