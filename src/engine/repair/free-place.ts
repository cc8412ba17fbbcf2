import { damagedPlaceFor } from '../bytes/text/command-hints.js';
import type { PathIdentity } from '../inspect/identify.js';
import { statePathsOf } from '../state/format/state-paths.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';

/** More are not looked for. */
const PLACES_MAX = 1_000;

/**
 * The first of many names at which nothing is; the last of them where all are taken.
 * @param placeFor the name at an attempt, from 1 on
 * @param besides other names that must be free with it
 */
export function freePlace(
  fileSystem: FileSystem,
  placeFor: (attempt: number) => string,
  besides: (place: string) => readonly string[] = () => [],
): string {
  for (let attempt = 1; attempt < PLACES_MAX; attempt++) {
    const place = placeFor(attempt);
    if ([place, ...besides(place)].every((one) => fileSystem.status(one) === undefined)) return place;
  }
  return placeFor(PLACES_MAX);
}

/** A free name beside a path, to move it to: of a state file both its own name and its index's are free. */
export function placeAside(fileSystem: FileSystem, { kind, path }: PathIdentity): string {
  if (kind !== 'state-file') {
    const plain = path.replace(/\/+$/, '');
    return freePlace(fileSystem, (attempt) => `${plain}-damaged${attempt === 1 ? '' : `-${attempt}`}`);
  }
  return freePlace(
    fileSystem,
    (attempt) => damagedPlaceFor(path, attempt),
    (place) => [statePathsOf(place).index],
  );
}
