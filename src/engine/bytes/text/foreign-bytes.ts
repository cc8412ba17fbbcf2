import { shellWord } from './command-hints.js';

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
  { bytes: [0x1f, 0x8b], what: 'compressed by gzip', filter: 'gzip -dc' },
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
];
const PAGE = /^\s*<(!doctype|html|\?xml|head|body)/i;
const PAGE_BYTES = 256;

/** Tells what a file or stream is by its first bytes, if it is something that people mistake for a store or snapshot. */
export function foreignBytes(head: Uint8Array): ForeignBytes | undefined {
  const sign = SIGNS.find(({ at = 0, bytes }) => bytes.every((byte, index) => head[at + index] === byte));
  if (sign !== undefined) return sign;
  const text = Buffer.from(head.subarray(0, PAGE_BYTES)).toString('latin1');
  return PAGE.test(text) ? { what: 'an HTML or XML page, such as a server sends for an error' } : undefined;
}

/** The command that imports the content of a file, or of a program's output, through its filter. */
export function filterHint(foreign: ForeignBytes, path: string | undefined): string {
  const { filter, unpack, inputFlag } = foreign;
  if (unpack !== undefined) {
    const file = path === undefined ? 'FILE' : shellWord(path);
    return `unpack it (${unpack} ${file}), and import what is in NEW`;
  }
  if (filter === undefined) return 'fetch the snapshot itself';
  if (path === undefined) {
    const input = inputFlag === undefined ? ' -' : '';
    return `put '${filter}' in front: … | ${filter}${input} | statelog import - STORE`;
  }
  const input = inputFlag === undefined ? '' : `${inputFlag} `;
  return `run: ${filter} ${input}${shellWord(path)} | statelog import - STORE`;
}
