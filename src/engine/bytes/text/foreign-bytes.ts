import { commandText, shellWord } from './command-hints.js';
import { dumpedBytes } from './dumped-bytes.js';

/** A format that statelog does not read, and the filter that turns it into one that it does. */
export interface ForeignBytes {
  /** "compressed by gzip", "an HTML page": the end of a sentence about them. */
  readonly what: string;
  /** A program that turns them into what is in them, and writes that to standard output. */
  readonly filter?: string | undefined;
  /** A program that unpacks the file into a folder, where no pipe does. */
  readonly unpack?: string | undefined;
  /**
   * The flag before a file's name, for a filter that takes none by itself; without a name it reads standard
   * input.
   */
  readonly inputFlag?: string | undefined;
}

interface Sign extends ForeignBytes {
  readonly at?: number;
  readonly bytes: readonly number[];
}

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

/** Magic numbers, from each format's own description. */
const SIGNS: readonly Sign[] = [
  { bytes: [0x1f, 0x8b, 0x08], what: 'compressed by gzip', filter: 'gzip -dc' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: 'compressed by zstd', filter: 'zstd -dc' },
  { bytes: [0xfd, ...ascii('7zXZ'), 0], what: 'compressed by xz', filter: 'xz -dc' },
  { bytes: ascii('BZh'), what: 'compressed by bzip2', filter: 'bzip2 -dc' },
  { bytes: [0x04, 0x22, 0x4d, 0x18], what: 'compressed by lz4', filter: 'lz4 -dc' },
  { bytes: [0x1f, 0x9d], what: 'compressed by compress', filter: 'gzip -dc' },
  { bytes: ascii('LZIP'), what: 'compressed by lzip', filter: 'lzip -dc' },
  { bytes: [...ascii('PK'), 3, 4], what: 'a zip archive', unpack: 'unzip -d NEW' },
  { bytes: [...ascii('7z'), 0xbc, 0xaf], what: 'a 7-Zip archive', unpack: '7z x -oNEW' },
  { bytes: ascii('age-encryption.org/'), what: 'encrypted by age', filter: 'age -d' },
  { bytes: ascii('-----BEGIN AGE'), what: 'encrypted by age', filter: 'age -d' },
  { bytes: ascii('-----BEGIN PGP MESSAGE'), what: 'encrypted by OpenPGP', filter: 'gpg -d' },
  {
    bytes: ascii('Salted__'),
    what: 'encrypted by openssl',
    filter: 'openssl enc -d -CIPHER',
    inputFlag: '-in',
  },
  { bytes: ascii('version https://git-lfs'), what: 'a pointer to a file that Git LFS keeps elsewhere' },
  { bytes: [0xff, 0xfe], what: 'text in UTF-16', filter: 'iconv -f UTF-16 -t UTF-8' },
  { bytes: [0xfe, 0xff], what: 'text in UTF-16', filter: 'iconv -f UTF-16 -t UTF-8' },
  {
    bytes: [0xef, 0xbb, 0xbf],
    what: 'preceded by a byte order mark, which an editor put there',
    filter: 'tail -c +4',
  },
];
/** The placeholder for the file's name within a filter. */
const FILE_PLACE = 'FILE';
/** Extensions that programs add to the names of files that they write. */
const ADDED_EXTENSION = /\.(gz|zst|xz|bz2|lz4|Z|lz|age|gpg|asc|enc|b64|base64|hex|xxd|txt)$/i;
/** A magic number of this many bytes is no chance: whatever else such a file seems to hold lies within what it says it is. */
const CERTAIN_BYTES = 3;
const PAGE = /^\s*<(!doctype|html|\?xml|head|body)/i;
const PAGE_BYTES = 256;

/** Tells what a file or stream is by its first bytes, if it is something that people mistake for a store or snapshot. */
export function foreignBytes(head: Uint8Array): ForeignBytes | undefined {
  const sign = SIGNS.find(({ at = 0, bytes }) => bytes.every((byte, index) => head[at + index] === byte));
  if (sign !== undefined) return sign;
  const text = Buffer.from(head.subarray(0, PAGE_BYTES)).toString('latin1');
  if (PAGE.test(text)) return { what: 'an HTML or XML page, such as a server sends for an error' };
  return dumpedBytes(Buffer.from(head).toString('latin1'));
}

/** True for a start that is by itself proof of what a file is, also where some of its bytes pass for records. */
export function isCertainlyForeign(head: Uint8Array): boolean {
  return SIGNS.some(
    ({ at = 0, bytes }) =>
      bytes.length >= CERTAIN_BYTES && bytes.every((byte, index) => head[at + index] === byte),
  );
}

/**
 * The command that restores the content of a file, or imports that of a program's output, through its filter.
 * @param path the file; undefined for a program's output
 * @param isTaken whether something is at a path already, which must not be written over
 */
export function filterHint(
  foreign: ForeignBytes,
  path: string | undefined,
  isTaken: (path: string) => boolean = () => false,
): string {
  const { filter, unpack, inputFlag } = foreign;
  if (unpack !== undefined) {
    const file = path === undefined ? 'FILE' : shellWord(path);
    return `unpack it (${unpack} ${file}), and import what is in NEW`;
  }
  if (filter === undefined) return 'fetch the snapshot itself';
  if (path === undefined) {
    const input = inputFlag === undefined ? ' -' : '';
    return `put '${filter.replace(` ${FILE_PLACE}`, '')}' in front: … | ${filter.replace(` ${FILE_PLACE}`, '')}${input} | statelog import - STORE`;
  }
  const out = restoredName(path, isTaken);
  return `run: ${filterOf(foreign, path)} > ${shellWord(out)}, then ${commandText('statelog', 'verify', out)}`;
}

function filterOf({ filter = '', inputFlag }: ForeignBytes, path: string): string {
  const word = shellWord(path);
  if (filter.includes(FILE_PLACE)) return filter.replace(FILE_PLACE, word);
  return inputFlag === undefined ? `${filter} ${word}` : `${filter} ${inputFlag} ${word}`;
}

/** The name without what a program added to it; another one where it added nothing, or where something has that name. */
function restoredName(path: string, isTaken: (path: string) => boolean): string {
  const name = path.replace(ADDED_EXTENSION, '');
  return name === path || name === '' || isTaken(name) ? `${path}.restored` : name;
}
