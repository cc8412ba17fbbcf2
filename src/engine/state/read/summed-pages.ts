import type { FileDescriptor } from '../../storage-io/interface/file-system.js';
import { STATE_HEADER_BYTES } from '../format/format.js';
import type { IndexBlock } from '../format/index-block.js';
import type { StateFile } from './state-file.js';

/** Bytes of a file of which each 4 KiB has a checksum. */
export interface SummedPages {
  readonly descriptor: FileDescriptor;
  /** For messages. */
  readonly path: string;
  /** Start of the pages in the file; they are counted from here. */
  readonly start: number;
  readonly length: number;
  readonly sums: Uint32Array;
  /** The class of damage to report if one of them fails. */
  readonly class: 'index-mismatch' | 'value-mismatch';
}

/** The values of a state file, as far as its index has sums of them. */
export function valuePagesOf({ path, descriptors }: StateFile, block: IndexBlock): SummedPages {
  return {
    descriptor: descriptors.values,
    path,
    start: STATE_HEADER_BYTES,
    length: block.valueLength,
    sums: block.valuePageSums,
    class: 'value-mismatch',
  };
}

/** The map of its index, behind the head. */
export function indexPagesOf(
  { indexPath, indexStart, descriptors }: StateFile,
  block: IndexBlock,
): SummedPages {
  return {
    descriptor: descriptors.index,
    path: indexPath,
    start: indexStart,
    length: block.indexLength,
    sums: block.indexPageSums,
    class: 'index-mismatch',
  };
}
