import { hintOn } from '../../bytes/text/command-hints.js';
import { filterHint, foreignBytes, type ForeignBytes } from '../../bytes/text/foreign-bytes.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { endOfZeros } from '../../storage-io/paged/zero-runs.js';
import { startsAsGzip } from '../../storage-io/whole/gzip-start.js';
import { isUnreadable } from '../../storage-io/views/reading-on-file-system.js';
import { transcodedFile } from './transcoded-file.js';

const HEAD_BYTES = 512;
/** Lengths at which file systems, and programs that count bytes in 32 bits, stop. */
const CUT_AT: ReadonlyMap<number, string> = new Map([
  [2 ** 31 - 1, '2^31 - 1'],
  [2 ** 31, '2^31'],
  [2 ** 32 - 1, '2^32 - 1'],
  [2 ** 32, '2^32'],
]);

/** A file that is none of ours. */
export interface ForeignFile {
  readonly isZeros: boolean;
  /** A sentence about it. */
  readonly message: string;
  readonly hint: string;
  /** True where a repair reads it as what is in it. */
  readonly isReadThrough: boolean;
}

/**
 * Recognizes a file by its first bytes, or by holding nothing but zeros. Holes are not read.
 * @returns undefined where they tell nothing, or nothing can be read
 */
export function foreignFile(fileSystem: FileSystem, path: string): ForeignFile | undefined {
  const descriptor = fileSystem.openRead(path);
  try {
    const { size } = fileSystem.statusOf(descriptor);
    const head = new Uint8Array(Math.min(size, HEAD_BYTES));
    const count = fileSystem.read(descriptor, head, 0, head.length, 0);
    if (fileSystem.unreadable?.touches(path, 0, HEAD_BYTES) === true) return undefined;
    const foreign = transcodedFile(fileSystem, path) ?? foreignBytes(head.subarray(0, count));
    if (foreign !== undefined) return named(fileSystem, path, foreign);
    if (size === 0 || endOfZeros(fileSystem, { descriptor, offset: 0, end: size }) < size) return undefined;
    return {
      isZeros: true,
      message: `the file is ${size} bytes of zeros: nothing is left in it`,
      hint: 'put it back from a copy; what wrote zeros over it, or lost them, may have done so to others',
      isReadThrough: false,
    };
  } finally {
    fileSystem.close(descriptor);
  }
}

function transcodedAt(fileSystem: FileSystem, path: string): ForeignFile | undefined {
  if (fileSystem.statusFollowing(path)?.kind !== 'file') return undefined;
  const transcoded = transcodedFile(fileSystem, path);
  return transcoded === undefined ? undefined : named(fileSystem, path, transcoded);
}

function named(fileSystem: FileSystem, path: string, foreign: ForeignBytes): ForeignFile {
  const isTaken = (name: string): boolean => fileSystem.status(name) !== undefined;
  const hint = hintOn(path, (file) => filterHint(foreign, file, isTaken));
  const isReadThrough = startsAsGzip(fileSystem, path);
  return { isZeros: false, message: `the file is ${foreign.what}`, hint, isReadThrough };
}

/** The end of a sentence about a length that is a limit of a file system or of a tool; '' for any other length. */
export function cutAtLimit(bytes: number): string {
  const limit = CUT_AT.get(bytes);
  return limit === undefined ? '' : `; it has ${limit} bytes, where a file system or a tool may have cut it`;
}

/**
 * Adds to a finding about all of a file the file's true nature, and to one that reaches to its end the
 * meaning of its length.
 */
export function withStranger(fileSystem: FileSystem, finding: Finding): Finding {
  const { severity, class: kind, file, offset, bytes, nextGood } = finding;
  if (severity === 'notice' || kind === 'unreadable' || finding.isForeign === true) return finding;
  const transcoded = offset < NEAR_START ? quietly(() => transcodedAt(fileSystem, file)) : undefined;
  if (transcoded !== undefined) return asForeign(finding, transcoded);
  const isOfStart = offset === 0 && HEADERS.has(kind);
  // It reaches neither to the end of the file nor is it about all of it, and to ask the system for each of many costs most.
  if (!isOfStart && nextGood !== undefined && nextGood >= offset + bytes) return finding;
  const status = quietly(() => fileSystem.statusFollowing(file));
  if (status?.kind !== 'file') return finding;
  const isWhole = isOfStart || (offset === 0 && bytes >= status.size);
  const foreign = isWhole && status.size > 0 ? quietly(() => foreignFile(fileSystem, file)) : undefined;
  if (foreign !== undefined && severity === 'torn') {
    return foreign.isZeros ? finding : { ...finding, message: `${foreign.message}: ${finding.message}` };
  }
  if (foreign !== undefined) {
    return asForeign(finding, foreign);
  }
  if (offset + bytes < status.size) return finding;
  const words = cutAtLimit(status.size);
  return words === '' ? finding : { ...finding, message: `${finding.message}${words}` };
}

function asForeign(finding: Finding, foreign: ForeignFile): Finding {
  const message = foreign.isZeros ? foreign.message : `${foreign.message}, and not read as it lies`;
  return { ...finding, class: 'foreign-bytes', message, ...hintFor(finding, foreign), ...NOT_COMPARED };
}

/** Damage that begins before this may be that of a file that was encoded anew: its magic number stands as it did. */
const NEAR_START = 64;
const NOT_COMPARED = { expected: undefined, found: undefined };
/** Findings of these classes are of a file's start, and by that of all of it. */
const HEADERS: ReadonlySet<Finding['class']> = new Set(['bad-header', 'bad-version', 'index-mismatch']);

/** A repair takes what was brought back, which lies beside it then, or reads the file through; without that it does what can be done. */
function hintFor({ hint }: Finding, foreign: ForeignFile): { readonly hint: string } {
  if (hint === undefined) return { hint: foreign.hint };
  return { hint: foreign.isReadThrough ? hint : `${foreign.hint}; then, or without that, ${hint}` };
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
