import { isStatelogError, type StatelogError } from '../../errors.js';
import type { DamageClass, Finding } from '../../finding.js';
import { checkStateFile } from '../../state/state-file-check.js';
import { openBarePair } from '../../state/state-file-open.js';
import type { StateFile } from '../../state/state-file.js';
import type { FileSystem } from '../../storage-io/file-system.js';
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
    yield* checkStateFile(file, { fileSystem, values });
    tally.keys += file.count;
    tally.addFile(fileSystem.statusFollowing(file.path)?.size ?? 0);
    tally.addFile(fileSystem.statusFollowing(file.indexPath)?.size ?? 0);
  } finally {
    file.close();
  }
}

/** Damage that stopped something from being opened, as a finding. */
export function findingOf(error: StatelogError, path: string): Finding {
  const { details } = error;
  return {
    severity: 'damage',
    class: (details.class as DamageClass | undefined) ?? 'bad-header',
    file: details.path ?? path,
    offset: details.offset ?? 0,
    bytes: 0,
    message: error.message,
    hint: details.hint,
    expected: details.expected,
    found: details.found,
  };
}
