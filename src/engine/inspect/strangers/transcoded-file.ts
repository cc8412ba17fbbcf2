import { looksLikeTarHeader } from '../../artifact/format/tar-header.js';
import { startsWithBytes } from '../../bytes/compare.js';
import type { ForeignBytes } from '../../bytes/text/foreign-bytes.js';
import { MAGIC as FOLD_MAGIC } from '../../fold/format/format.js';
import { looksLikeLog } from '../../fold/scan/log-probe.js';
import { hasStateMagic } from '../../state/format/state-header.js';
import { composedFileSystem } from '../../storage-io/views/composed-file-system.js';
import type { FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import { looksLikeSegment } from '../../wal/folder/segment-folder.js';

/** How much of a file is tried: a record has to be whole in it. */
const TRIED_BYTES = 64 * 1024;
/** The last byte that a character of Latin-1 can be. */
const LATIN1_MAX = 0xff;
const ASCII_MAX = 0x7f;

/** An encoding that a tool may have written a file of bytes in, taking each for a character. */
interface Encoding {
  /** As iconv has it. */
  readonly name: string;
  readonly decoder: string;
  readonly mark: readonly number[];
  /** Whether what is ASCII stands as it did, so that the starts of files say nothing. */
  readonly keepsAscii: boolean;
}

const ENCODINGS: readonly Encoding[] = [
  { name: 'UTF-16', decoder: 'utf-16le', mark: [0xff, 0xfe], keepsAscii: false },
  { name: 'UTF-16', decoder: 'utf-16be', mark: [0xfe, 0xff], keepsAscii: false },
  { name: 'UTF-16LE', decoder: 'utf-16le', mark: [], keepsAscii: false },
  { name: 'UTF-16BE', decoder: 'utf-16be', mark: [], keepsAscii: false },
  { name: 'UTF-8', decoder: 'utf-8', mark: [], keepsAscii: true },
];

/**
 * Recognizes a file whose every byte a tool took for a character of Latin-1, and wrote in another encoding: its start, undone, is that
 * of a file of ours.
 * @returns undefined where the start does not prove it
 */
export function transcodedFile(fileSystem: FileSystem, path: string): ForeignBytes | undefined {
  const descriptor = fileSystem.openRead(path);
  let head: Uint8Array;
  let holder: FileStatus;
  try {
    holder = fileSystem.statusOf(descriptor);
    head = new Uint8Array(Math.min(holder.size, TRIED_BYTES));
    head = head.subarray(0, fileSystem.read(descriptor, head, 0, head.length, 0));
  } finally {
    fileSystem.close(descriptor);
  }
  const encoding = ENCODINGS.find((one) => {
    const bytes = bytesBehind(head, one);
    return bytes !== undefined && isOurs(fileSystem, path, holder, bytes, one);
  });
  return encoding === undefined ? undefined : transcodedIn(encoding);
}

/** As `transcodedFile` of the first bytes of a stream: only what begins with a mark of ours in another encoding can be told. */
export function transcodedStart(head: Uint8Array): ForeignBytes | undefined {
  const encoding = ENCODINGS.find((one) => {
    const bytes = one.keepsAscii ? undefined : bytesBehind(head.subarray(0, TRIED_BYTES), one);
    return bytes !== undefined && isStartOfOurs(bytes);
  });
  return encoding === undefined ? undefined : transcodedIn(encoding);
}

function transcodedIn(encoding: Encoding): ForeignBytes {
  return {
    what: `one that a tool took for text and wrote anew in ${encoding.name}`,
    filter: `iconv -f ${encoding.name} -t LATIN1`,
  };
}

/** The bytes that stood in an encoded start; undefined where not all of it is characters of Latin-1. */
function bytesBehind(head: Uint8Array, { decoder, mark }: Encoding): Uint8Array | undefined {
  if (head.length === 0 || !startsWithBytes(head, Uint8Array.from(mark))) return undefined;
  let text: string;
  try {
    const options = { fatal: true, ignoreBOM: true };
    // A character that the start ends within is left out.
    text = new TextDecoder(decoder, options).decode(head.subarray(mark.length), { stream: true });
  } catch {
    return undefined;
  }
  let most = 0;
  for (let at = 0; at < text.length; at++) most = Math.max(most, text.charCodeAt(at));
  return most > ASCII_MAX && most <= LATIN1_MAX ? new Uint8Array(Buffer.from(text, 'latin1')) : undefined;
}

function isStartOfOurs(bytes: Uint8Array): boolean {
  return startsWithBytes(bytes, FOLD_MAGIC) || hasStateMagic(bytes) || looksLikeTarHeader(bytes);
}

function isOurs(
  fileSystem: FileSystem,
  path: string,
  holder: FileStatus,
  bytes: Uint8Array,
  { keepsAscii }: Encoding,
): boolean {
  if (!keepsAscii && isStartOfOurs(bytes)) return true;
  const slice = { path, start: 0, length: bytes.length, holder, bytes };
  const undone = composedFileSystem(fileSystem, { files: new Map([[path, [slice]]]) });
  return looksLikeLog(undone, path) || looksLikeSegment(undone, path);
}
