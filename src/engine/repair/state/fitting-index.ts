import { basename, join } from 'node:path';
import { crc32c } from '../../bytes/crc/checksum.js';
import { isStatelogError } from '../../errors.js';
import { PAGE_BYTES, STATE_HEADER_BYTES } from '../../state/format/format.js';
import type { BlockSums } from '../../state/format/index-block.js';
import { decodeStateHeader } from '../../state/format/state-header.js';
import type { StatePaths } from '../../state/format/state-paths.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { closeEach } from '../../storage-io/whole/close-each.js';
import { usedBytes } from '../account/unnamed.js';
import { StateSource } from './state-source.js';

const INDEX_NAME = /\.idx(\.new)?$/;
/** Files of a folder that are tried as indexes. */
const CANDIDATES_MAX = 1_000;
/** Pages of values that are held against an index's sums to see whether it is theirs. */
const PAGES_TRIED = 64;

/** A state file with the index that names its values. */
export interface FittingIndex {
  readonly source: StateSource;
  /** False where it is not the one of its name: values may have been written since. */
  readonly isOwn: boolean;
  /** True where it has no checksums, lies under another name, and ends exactly where the values do. */
  readonly isExact?: boolean;
}

/**
 * Finds the index that fits a state file best: one whose sums fit the values, and that names the most of them. Its
 * own name comes first, then any index in the same folder. Where none fits, the one of its name and
 * generation still tells which keys there were.
 * @returns undefined where there is none
 */
export function findFittingIndex(fileSystem: FileSystem, paths: StatePaths): FittingIndex | undefined {
  const valuesPaths = [paths.values, paths.newValues].filter((one) => isFile(fileSystem, one));
  const own = [paths.index, paths.newIndex];
  let best: FittingIndex | undefined;
  for (const values of valuesPaths) {
    for (const index of candidates(fileSystem, paths)) {
      const isOwn = own.includes(index);
      const source = StateSource.open(fileSystem, values, index, (block) =>
        valuesFit(fileSystem, values, block),
      );
      if (source === undefined) continue;
      // Without checksums, nothing but its name says that an index belongs here.
      const isBetter = best === undefined || source.valueBytes > best.source.valueBytes;
      if ((isOwn || source.isChecked) && isBetter) {
        best?.source.close();
        best = { source, isOwn };
      } else {
        source.close();
      }
      if (best?.isOwn !== true) continue;
      const exact = exactIndex(fileSystem, paths, best.source);
      if (exact !== undefined) best.source.close();
      return exact ?? best;
    }
  }
  return best ?? ofOwnName(fileSystem, paths);
}

/**
 * The one index of another name that ends exactly where the values do, where the one of their name does not and neither has
 * checksums: LaminarDB writes each value behind all others.
 */
function exactIndex(fileSystem: FileSystem, paths: StatePaths, own: StateSource): FittingIndex | undefined {
  const used = usedBytes(fileSystem, own.path) - STATE_HEADER_BYTES;
  if (own.isChecked || own.valueBytes === used) return undefined;
  const found: StateSource[] = [];
  for (const index of candidates(fileSystem, paths)) {
    if (index === own.indexPath) continue;
    const source = StateSource.open(fileSystem, own.path, index, () => false);
    if (source?.isChecked === false && source.valueBytes === used) found.push(source);
    else source?.close();
  }
  const [only] = found;
  if (found.length === 1) return { source: only!, isOwn: false, isExact: true };
  closeEach(found);
  return undefined;
}

function ofOwnName(fileSystem: FileSystem, { values, index }: StatePaths): FittingIndex | undefined {
  if (!isFile(fileSystem, values) || !isFile(fileSystem, index)) return undefined;
  const isOfGeneration = (block: BlockSums): boolean => generationOf(fileSystem, values) === block.generation;
  const source = StateSource.open(fileSystem, values, index, isOfGeneration);
  if (source === undefined) return undefined;
  source.isProven = false;
  return { source, isOwn: true };
}

function candidates(fileSystem: FileSystem, { index, newIndex, folder }: StatePaths): string[] {
  const names = fileSystem.readDirectory(folder).filter((name) => INDEX_NAME.test(name));
  const others = names.map((name) => join(folder, name)).filter((one) => one !== index && one !== newIndex);
  return [index, newIndex, ...others.slice(0, CANDIDATES_MAX)].filter((one) => isFile(fileSystem, one));
}

function isFile(fileSystem: FileSystem, path: string): boolean {
  return basename(path) !== '' && fileSystem.statusFollowing(path)?.kind === 'file';
}

/** True if some of a block's sums fit the values; what holds no whole page goes by its generation, unless sums alone count. */
export function valuesFit(
  fileSystem: FileSystem,
  path: string,
  block: Pick<BlockSums, 'values' | 'valueLength' | 'generation'>,
  { bySumsAlone = false } = {},
): boolean {
  const descriptor = fileSystem.openRead(path);
  try {
    const pages = Math.min(block.values.length, PAGES_TRIED);
    const page = new Uint8Array(PAGE_BYTES);
    let there = 0;
    for (let tried = 0; tried < pages; tried++) {
      // Spread over all of them: one damaged stretch must not speak for the whole.
      const number = Math.floor((tried * block.values.length) / pages);
      const length = Math.min(PAGE_BYTES, block.valueLength - number * PAGE_BYTES);
      const read = fileSystem.read(descriptor, page, 0, length, STATE_HEADER_BYTES + number * PAGE_BYTES);
      if (read < length) continue;
      there += 1;
      if (crc32c(page, 0, length) === block.values[number]) return true;
    }
    return !bySumsAlone && there <= 1 && generationOf(fileSystem, path) === block.generation;
  } finally {
    fileSystem.close(descriptor);
  }
}

/** A state file's generation; undefined where its header cannot be read. */
function generationOf(fileSystem: FileSystem, path: string): bigint | undefined {
  const descriptor = fileSystem.openRead(path);
  try {
    const header = new Uint8Array(STATE_HEADER_BYTES);
    const count = fileSystem.read(descriptor, header, 0, header.length, 0);
    return decodeStateHeader(header.subarray(0, count), path);
  } catch (error) {
    if (isStatelogError(error, 'UNKNOWN_FORMAT') || isStatelogError(error, 'UNSUPPORTED_VERSION'))
      return undefined;
    throw error;
  } finally {
    fileSystem.close(descriptor);
  }
}
