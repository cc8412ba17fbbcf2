import nodePath from 'node:path';
import { commandText, repairHint } from '../../bytes/text/command-hints.js';
import { equalBytes } from '../../bytes/compare.js';
import { findLeftovers, type Leftover } from '../../directory/manifest/leftovers.js';
import type { DirectoryLayout } from '../../directory/manifest/layout.js';
import { readManifestBytes } from '../../directory/manifest/manifest-file.js';
import { decodeManifest } from '../../directory/manifest/manifest.js';
import { isStatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';

/** How often a writer may make a checkpoint while we look. */
const TRIES_MAX = 100;

/** Tells of what lies in a state directory and is named by nothing in it. */
export function* lookAround(fileSystem: FileSystem, layout: DirectoryLayout): Generator<Finding, void> {
  for (const { path, holdsChanges } of leftoversNow(fileSystem, layout)) {
    yield {
      severity: holdsChanges ? 'damage' : 'notice',
      class: holdsChanges ? 'misplaced-epoch' : 'leftover',
      file: path,
      offset: 0,
      bytes: 0,
      message: holdsChanges
        ? 'the log of an epoch that the manifest does not know holds changes: the manifest is older than it'
        : 'a crash left this behind; it is not read',
      hint: holdsChanges
        ? `put back the MANIFEST.json that belongs here, or ${repairHint(layout.root)}`
        : 'nothing: the next writer removes it',
    };
  }
  if (fileSystem.status(layout.broken) === undefined) return;
  for (const name of fileSystem.readDirectory(layout.broken)) {
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
}

/** Leftovers of a manifest that was the same before and after: a writer may publish what looked like one. */
function leftoversNow(fileSystem: FileSystem, layout: DirectoryLayout): Leftover[] {
  for (let tries = 1; ; tries++) {
    const bytes = readManifestBytes(fileSystem, layout);
    const isLast = tries === TRIES_MAX;
    try {
      const leftovers = findLeftovers(fileSystem, layout, decodeManifest(bytes, layout.manifest));
      if (isLast || equalBytes(bytes, readManifestBytes(fileSystem, layout))) return leftovers;
    } catch (error) {
      if (isLast || !isStatelogError(error, 'NOT_FOUND')) throw error;
    }
  }
}
