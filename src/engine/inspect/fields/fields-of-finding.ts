import { extname } from 'node:path';
import { startsWithBytes } from '../../bytes/compare.js';
import { isStatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { MAGIC as FOLD_MAGIC } from '../../fold/format/format.js';
import { INDEX_HEADER_BYTES, PAGE_BYTES, STATE_HEADER_BYTES } from '../../state/format/format.js';
import { readIndexHead, type IndexHead } from '../../state/format/index-head.js';
import { hasStateMagic } from '../../state/format/state-header.js';
import { statePathsOf } from '../../state/format/state-paths.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { RECORD_HEADER_BYTES } from '../../wal/format/record.js';
import { coreIdOfSegmentName } from '../../wal/format/segment-name.js';
import { looksLikeSegment } from '../../wal/folder/segment-folder.js';
import { fieldsInRow, type ByteField } from './byte-field.js';
import { OpenFileBytes, type FileBytes } from './file-bytes.js';
import { badFoldFields, foldFields } from './fold-fields.js';
import { indexNodeFields } from './index-node-fields.js';
import { badSegmentFields, misplacedFields, segmentFields, type BadSpan } from './segment-fields.js';
import { badPageFields, indexHeaderFields, stateHeaderFields } from './state-fields.js';

/** Bytes shown before and after a fault. */
const AROUND_BYTES = 16;
/** Bytes to show if nothing is known about them. */
const PLAIN_BYTES = 64;

/** The bytes of a fault, and where to read more of them. */
export interface FaultBytes {
  readonly fields: readonly ByteField[];
  readonly bytes: FileBytes;
}

/** Findings that are not about bytes of their file. */
const PLACELESS: ReadonlySet<Finding['class']> = new Set([
  'missing-segment',
  'missing-file',
  'missing-barrier',
  'unlisted-file',
  'leftover',
  'broken-copy',
  'open-to-all',
  'unchecked',
  'in-flight',
  'digest-mismatch',
  'cursor-mismatch',
]);

/**
 * Calls `use` with the bytes of a finding, told apart into fields by the format of the file that they lie in, and a
 * few bytes on either side. Does not where the finding is not about bytes, or its file cannot be read any more.
 * @throws StatelogError what reading throws
 */
export function withFaultBytes(
  fileSystem: FileSystem,
  finding: Finding,
  use: (fault: FaultBytes) => void,
): void {
  if (PLACELESS.has(finding.class)) return;
  withBytesOf(fileSystem, finding.file, (bytes) => {
    if (finding.offset >= bytes.size) return;
    const fields = fieldsByFormat(fileSystem, bytes, finding);
    use({ fields: withNeighbours(bytes, fields), bytes });
  });
}

/**
 * Calls `use` with the fields of the good record of a log that starts at `offset`. Does not where the file is no log, or
 * cannot be read any more.
 * @throws StatelogError what reading throws
 */
export function withRecordFields(
  fileSystem: FileSystem,
  file: string,
  offset: number,
  use: (record: FaultBytes) => void,
): void {
  withBytesOf(fileSystem, file, (bytes) => {
    if (offset + RECORD_HEADER_BYTES > bytes.size) return;
    if (isFoldLog(bytes, file)) use({ fields: foldFields(bytes, offset), bytes });
    else if (isSegment(fileSystem, file)) use({ fields: segmentFields(bytes, offset), bytes });
  });
}

function withBytesOf(fileSystem: FileSystem, file: string, use: (bytes: FileBytes) => void): void {
  if (fileSystem.statusFollowing(file)?.kind !== 'file') return;
  let descriptor: number;
  try {
    descriptor = fileSystem.openRead(file);
  } catch (error) {
    if (isStatelogError(error, 'NOT_FOUND')) return;
    throw error;
  }
  try {
    use(new OpenFileBytes(fileSystem, descriptor));
  } finally {
    fileSystem.close(descriptor);
  }
}

function fieldsByFormat(fileSystem: FileSystem, bytes: FileBytes, finding: Finding): ByteField[] {
  const { file } = finding;
  if (isFoldLog(bytes, file)) return badFoldFields(bytes, spanOf(finding, bytes));
  const head = bytes.read(0, STATE_HEADER_BYTES);
  const extension = extname(file.replace(/\.new$/, ''));
  if (hasStateMagic(head) || extension === '.db' || extension === '.idx') {
    return extension === '.idx'
      ? indexFields(fileSystem, bytes, finding)
      : stateFields(fileSystem, bytes, finding);
  }
  if (isSegment(fileSystem, file)) return segmentFieldsOf(bytes, finding);
  return plainFields(bytes, finding);
}

/** True of a fold log, by its first bytes or its name. */
function isFoldLog(bytes: FileBytes, file: string): boolean {
  return startsWithBytes(bytes.read(0, FOLD_MAGIC.length), FOLD_MAGIC) || extname(file) === '.snap';
}

/** True of a segment of a log, by its name or its first bytes. */
function isSegment(fileSystem: FileSystem, file: string): boolean {
  const byName = coreIdOfSegmentName(file.slice(file.lastIndexOf('/') + 1)) !== undefined;
  return byName || looksLikeSegment(fileSystem, file);
}

function segmentFieldsOf(bytes: FileBytes, finding: Finding): ByteField[] {
  return finding.bytes === 0
    ? misplacedFields(bytes, finding.offset, finding.class)
    : badSegmentFields(bytes, spanOf(finding, bytes));
}

function spanOf(finding: Finding, bytes: FileBytes): BadSpan {
  const { offset, nextGood } = finding;
  return {
    offset,
    end: nextGood ?? Math.min(offset + finding.bytes, bytes.size),
    isFollowed: nextGood !== undefined,
    class: finding.class,
  };
}

function stateFields(fileSystem: FileSystem, bytes: FileBytes, finding: Finding): ByteField[] {
  if (finding.offset < STATE_HEADER_BYTES) return stateHeaderFields(bytes);
  const head = headOf(fileSystem, statePathsOf(finding.file.replace(/\.new$/, '')).index);
  return pageFields(bytes, finding, {
    name: 'values',
    start: STATE_HEADER_BYTES,
    length: head?.block?.valueLength,
    sums: head?.block?.valuePageSums,
  });
}

function indexFields(fileSystem: FileSystem, bytes: FileBytes, finding: Finding): ByteField[] {
  const head = headOf(fileSystem, finding.file);
  if (head === undefined || finding.offset < Math.max(head.start, INDEX_HEADER_BYTES))
    return indexHeaderFields(bytes);
  // Checksums tell which page is bad, but not which node.
  if (head.block === undefined)
    return indexNodeFields(bytes, head, finding.offset) ?? plainFields(bytes, finding);
  return pageFields(bytes, finding, {
    name: 'index',
    start: head.start,
    length: head.length,
    sums: head.block.indexPageSums,
  });
}

interface Pages {
  readonly name: 'values' | 'index';
  readonly start: number;
  readonly length: number | undefined;
  readonly sums: Uint32Array | undefined;
}

function pageFields(
  bytes: FileBytes,
  finding: Finding,
  { name, start, length = 0, sums }: Pages,
): ByteField[] {
  const page = Math.floor((finding.offset - start) / PAGE_BYTES);
  const sum = sums?.[page];
  if (sum === undefined) return plainFields(bytes, finding);
  const from = page * PAGE_BYTES;
  const fields = badPageFields(bytes, {
    name,
    offset: start + from,
    bytes: Math.min(PAGE_BYTES, length - from),
    sum,
  });
  return fields ?? plainFields(bytes, finding);
}

/** The head of an index; undefined where it is damaged itself. */
function headOf(fileSystem: FileSystem, path: string): IndexHead | undefined {
  if (fileSystem.statusFollowing(path)?.kind !== 'file') return undefined;
  const descriptor = fileSystem.openRead(path);
  try {
    return readIndexHead(fileSystem, descriptor, path);
  } catch (error) {
    if (!isStatelogError(error) || error.code === 'IO_FAILED') throw error;
    return undefined;
  } finally {
    fileSystem.close(descriptor);
  }
}

function plainFields(bytes: FileBytes, { offset, bytes: length }: Finding): ByteField[] {
  const wanted = length === 0 ? PLAIN_BYTES : length;
  const part = { name: 'bytes', bytes: Math.min(wanted, bytes.size - offset), holdsValue: true };
  return fieldsInRow(offset, [{ ...part, isWrong: length > 0 }]);
}

function withNeighbours(bytes: FileBytes, fields: readonly ByteField[]): ByteField[] {
  const first = fields[0];
  const last = fields.at(-1);
  if (first === undefined || last === undefined) return [];
  const from = Math.max(0, first.offset - AROUND_BYTES);
  const end = last.offset + last.bytes;
  return [
    ...fieldsInRow(from, [{ name: 'before', bytes: first.offset - from, holdsValue: true }]),
    ...fields,
    ...fieldsInRow(end, [
      { name: 'after', bytes: Math.min(AROUND_BYTES, bytes.size - end), holdsValue: true },
    ]),
  ];
}
