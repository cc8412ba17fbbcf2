import { commandText } from '../../bytes/text/command-hints.js';
import { crc32c } from '../../bytes/crc/checksum.js';
import { compareBytes } from '../../bytes/compare.js';
import { isStatelogError, type StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { PAGE_BYTES } from '../format/format.js';
import type { IndexBlock } from '../format/index-block.js';
import { findingsOfForeignPair } from './foreign-pair.js';
import type { StateFile } from './state-file.js';
import { indexPagesOf, valuePagesOf, type SummedPages } from './summed-pages.js';

/** Pages are read this many at a time. */
const PAGES_A_READ = 256;
const HINT = `'statelog scan' prints what is whole up to it; bring the rest back from a copy`;

/** The parts of a state file to check. */
export interface StateCheckOptions {
  readonly fileSystem: FileSystem;
  /** False: the index alone. */
  readonly values: boolean;
  /** Told where each live value is, from the start of the values, and of which key; in the order of the keys. */
  readonly onValue?: ((offset: number, bytes: number, key: Uint8Array) => void) | undefined;
}

/** A run of pages that fail. */
type BadPlace = Pick<Finding, 'offset' | 'bytes'>;

/**
 * Reads an open state file and its index from end to end: the sum of every page, the order of all
 * keys, the place of every value, and the totals. Findings come as they are found.
 */
export function* checkStateFile(file: StateFile, options: StateCheckOptions): Generator<Finding, void> {
  const { block } = file;
  const badIndexPages: BadPlace[] = [];
  if (block === undefined) {
    yield {
      severity: 'notice',
      class: 'unchecked',
      file: file.path,
      offset: 0,
      bytes: 0,
      message: 'LaminarDB wrote this file, without checksums: what its values should be cannot be told',
      hint: `${commandText('statelog', 'import', file.path, 'STORE')} makes a store that has checksums`,
    };
    if (options.values) yield* findingsOfForeignPair(options.fileSystem, file);
  } else if (yield* checkBlock(file, block)) {
    for (const finding of checkPages(options.fileSystem, indexPagesOf(file, block))) {
      badIndexPages.push({ offset: finding.offset, bytes: finding.bytes });
      yield finding;
    }
    if (options.values) yield* checkPages(options.fileSystem, valuePagesOf(file, block));
  }
  yield* checkEntries(file, badIndexPages, options.onValue);
}

/** True if the block's sums can be read: of one that a manifest vouches for they are read only now. */
function* checkBlock(file: StateFile, block: IndexBlock): Generator<Finding, boolean> {
  try {
    return block.indexPageSums.length + block.valuePageSums.length >= 0;
  } catch (error) {
    if (!isStatelogError(error, 'DAMAGED')) throw error;
    const { offset = 0 } = error.details;
    yield { ...indexFinding(file, error.message), class: 'bad-header', offset };
    return false;
  }
}

/** One finding for each run of pages that fail. */
function* checkPages(fileSystem: FileSystem, paged: SummedPages): Generator<Finding, void> {
  let badFrom = -1;
  for (const { page, isGood } of pagesOf(fileSystem, paged)) {
    if (!isGood && badFrom < 0) badFrom = page;
    if (isGood && badFrom >= 0) {
      yield badPages(paged, badFrom, page);
      badFrom = -1;
    }
  }
  if (badFrom >= 0) yield badPages(paged, badFrom, paged.sums.length);
}

function* pagesOf(
  fileSystem: FileSystem,
  { descriptor, start, length, sums }: SummedPages,
): Generator<{ readonly page: number; readonly isGood: boolean }, void> {
  const buffer = new Uint8Array(Math.min(PAGES_A_READ * PAGE_BYTES, length));
  for (let at = 0; at < length; at += buffer.length) {
    const wanted = Math.min(buffer.length, length - at);
    const count = fileSystem.read(descriptor, buffer, 0, wanted, start + at);
    for (let from = 0; from < wanted; from += PAGE_BYTES) {
      const page = (at + from) / PAGE_BYTES;
      const end = Math.min(from + PAGE_BYTES, wanted);
      yield { page, isGood: end <= count && crc32c(buffer, from, end) === sums[page] };
    }
  }
}

function badPages(paged: SummedPages, from: number, to: number): Finding {
  const offset = paged.start + from * PAGE_BYTES;
  const bytes = Math.min(to * PAGE_BYTES, paged.length) - from * PAGE_BYTES;
  const what = paged.class === 'index-mismatch' ? 'of the index' : 'of values';
  return {
    severity: 'damage',
    class: paged.class,
    file: paged.path,
    offset,
    bytes,
    message:
      to - from === 1 ? `1 page ${what} fails the checksum` : `${to - from} pages ${what} fail the checksum`,
    hint: HINT,
  };
}

/** Checks the entries; once it meets a page that is known to be bad, the rest cannot be judged. */
function* checkEntries(
  file: StateFile,
  badIndexPages: readonly BadPlace[],
  onValue: StateCheckOptions['onValue'],
): Generator<Finding, void> {
  let count = 0;
  let keyBytes = 0;
  let liveBytes = 0;
  let last: Uint8Array | undefined;
  try {
    const cursor = file.cursor();
    for (let valid = cursor.first(); valid; valid = cursor.next()) {
      const { key } = cursor;
      if (last !== undefined && compareBytes(last, key) >= 0) {
        yield indexFinding(file, 'the keys of the index are not in ascending order');
        return;
      }
      last = key;
      count++;
      keyBytes += key.length;
      liveBytes += cursor.length;
      onValue?.(cursor.offset, cursor.length, key);
    }
  } catch (error) {
    if (!isStatelogError(error, 'DAMAGED')) throw error;
    if (error.details.path === file.indexPath && isWithin(error, badIndexPages)) return;
    yield {
      ...indexFinding(file, error.message),
      class: error.details.class === 'bad-offset' ? 'bad-offset' : 'index-mismatch',
      file: error.details.path ?? file.indexPath,
      offset: error.details.offset ?? 0,
    };
    return;
  }
  const { block } = file;
  const fits = block === undefined || (block.keyBytes === keyBytes && block.liveBytes === liveBytes);
  if (count !== file.count || !fits) {
    yield indexFinding(file, 'the totals of the index do not fit its entries', {
      expected: `${file.count} keys, ${block?.keyBytes ?? keyBytes} key bytes, ${block?.liveBytes ?? liveBytes} live bytes`,
      found: `${count} keys, ${keyBytes} key bytes, ${liveBytes} live bytes`,
    });
  }
}

function isWithin({ details: { offset = 0 } }: StatelogError, places: readonly BadPlace[]): boolean {
  return places.some((one) => offset >= one.offset && offset < one.offset + one.bytes);
}

function indexFinding(
  file: StateFile,
  message: string,
  compared: { readonly expected?: string; readonly found?: string } = {},
): Finding {
  return {
    severity: 'damage',
    class: 'index-mismatch',
    file: file.indexPath,
    offset: file.indexStart,
    bytes: 0,
    message,
    hint: HINT,
    ...compared,
  };
}
