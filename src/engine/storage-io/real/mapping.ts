import type { FileDescriptor, Mapping } from '../interface/file-system.js';
import type { NativeLibrary } from './native-library.js';
import { systemError } from '../interface/system-error.js';

/** A view over 4 GiB aborts the process, and V8's own limit differs between versions: far below both. */
export const MAPPING_WINDOW_BYTES = 0x4000_0000;

const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/**
 * Maps the first `length` bytes of a file, read-only and shared, in windows of
 * `windowBytes` (a multiple of the page size).
 * @throws StatelogError `IO_FAILED` where the kernel refuses; nothing stays mapped then
 */
export function mapFile(
  library: NativeLibrary,
  descriptor: FileDescriptor,
  path: string | undefined,
  length: number,
  windowBytes = MAPPING_WINDOW_BYTES,
): Mapping {
  const { mmap, munmap } = library;
  if (mmap === undefined || munmap === undefined) throw systemError('mmap', path, 'ENOSYS');
  const mapped: { address: bigint; length: number }[] = [];
  const windows: Uint8Array[] = [];
  const unmap = (): void => {
    windows.length = 0;
    for (const part of mapped.splice(0)) munmap(part.address, part.length);
  };
  for (let offset = 0; offset < length; offset += windowBytes) {
    const partLength = Math.min(windowBytes, length - offset);
    const address = BigInt(mmap(null, partLength, PROT_READ, MAP_SHARED, descriptor, offset));
    if (address === MAP_FAILED) {
      const errno = library.errnoName();
      unmap();
      throw systemError('mmap', path, errno);
    }
    mapped.push({ address, length: partLength });
    windows.push(new Uint8Array(library.view(address, partLength)));
  }
  return { length, windowBytes, windows, unmap };
}
