import { isStatelogError, type StatelogError } from '../../errors.js';
import { foundAs, type DamageClass, type Finding } from '../../finding.js';
import { STATE_HEADER_BYTES } from '../../state/format/format.js';
import { checkStateFile } from '../../state/read/state-file-check.js';
import { openBarePair } from '../../state/read/state-file-open.js';
import type { StateFile } from '../../state/read/state-file.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { Tally } from './tally.js';

/** Checks a bare state file and its index, end to end. */
export function* verifyStatePair(
  fileSystem: FileSystem,
  path: string,
  values: boolean,
  tally: Tally,
): Generator<Finding, void> {
  let file: StateFile;
  try {
    file = openBarePair(fileSystem, path, { mapping: 'never' });
  } catch (error) {
    if (!isStatelogError(error, 'DAMAGED')) throw error;
    yield findingOf(error, path);
    return;
  }
  yield* verifyOpenState(fileSystem, file, values, tally);
}

/** Checks an open state file, and closes it. */
export function* verifyOpenState(
  fileSystem: FileSystem,
  file: StateFile,
  values: boolean,
  tally: Tally,
): Generator<Finding, void> {
  try {
    const size = fileSystem.statusFollowing(file.path)?.size ?? 0;
    const map = tally.maps?.start(file.path, size);
    map?.addLive(0, STATE_HEADER_BYTES);
    const onValue =
      map &&
      ((offset: number, bytes: number) => {
        map.addLive(STATE_HEADER_BYTES + offset, bytes);
      });
    let isIndexGood = true;
    const ofIndex = tally.limitFor(file.indexPath);
    const ofValues = tally.limitFor(file.path);
    for (const finding of checkStateFile(file, { fileSystem, values, onValue })) {
      if (finding.file === file.indexPath) isIndexGood = false;
      const limit = finding.file === file.indexPath ? ofIndex : ofValues;
      const told = limit.take(foundAs(finding));
      if (told !== undefined) yield told;
    }
    yield* ofIndex.rest();
    yield* ofValues.rest();
    if (isIndexGood) map?.markUnused(STATE_HEADER_BYTES + file.writePos);
    tally.keys += file.count;
    tally.addFile(file.path, size);
    tally.addFile(file.indexPath, fileSystem.statusFollowing(file.indexPath)?.size ?? 0);
  } finally {
    file.close();
  }
}

/** Damage that stopped something from being opened, as a finding. */
export function findingOf(error: StatelogError, path: string): Finding {
  const { details, message } = error;
  const file = details.path ?? path;
  const named = `${file}: `;
  return {
    severity: 'damage',
    class: (details.class as DamageClass | undefined) ?? 'bad-header',
    file,
    offset: details.offset ?? 0,
    bytes: 0,
    // A finding names its file by itself.
    message: message.startsWith(named) ? message.slice(named.length) : message,
    hint: details.hint,
    expected: details.expected,
    found: details.found,
  };
}
