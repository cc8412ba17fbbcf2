import { readFileSync } from 'node:fs';
import {
  encodeTarHeader,
  paddingAfter,
  type TarEntry,
} from '../../../src/engine/artifact/format/tar-header.js';
import { fixturePath } from '../../support/fixtures.js';

export const MANIFEST = readFileSync(fixturePath('artifact/MANIFEST.json'), 'utf8');
export const FOLD = Uint8Array.from(readFileSync(fixturePath('artifact/data/fold.snap')));
const END = new Uint8Array(1024);

/** An entry of a tar: a file's header, bytes and padding, or a folder's header. */
export function entry(name: string, content?: Uint8Array | string, size?: number): Uint8Array {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const kind: TarEntry['kind'] = bytes === undefined ? 'folder' : 'file';
  const header = encodeTarHeader({ kind, name, size: size ?? bytes?.length ?? 0 }, 0);
  const body = bytes ?? new Uint8Array(0);
  return Buffer.concat([header, body, new Uint8Array(paddingAfter(body.length))]);
}

/** A header with fields changed afterwards, and its checksum made to fit. */
export function header(
  base: TarEntry,
  changes: readonly (readonly [at: number, bytes: string | Uint8Array])[],
): Uint8Array {
  const block = encodeTarHeader(base, 0);
  for (const [at, bytes] of changes)
    block.set(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, at);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `, 'latin1'), 148);
  return block;
}

export function tar(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([...parts, END]);
}

const manifest = entry('MANIFEST.json', MANIFEST);
const fold = entry('data/fold.snap', FOLD);
const TYPE_AT = 156;
const LINK_AT = 157;
const SIZE_AT = 124;
const file = (name: string, size = 0): TarEntry => ({ kind: 'file', name, size });

/** A tar of a good artifact. */
export const goodTar = tar(entry('./'), manifest, entry('data/'), fold);

/** An entry of each type that is neither a file nor a folder, pointing out of the artifact. */
const oddTypes = ['1', '2', '3', '4', '6', '7', 'A', 'D', 'M', 'N', 'S', 'V', 'X', 'g', 'x', 'K', 'L'].map(
  (type) =>
    [
      `an entry of type ${type}`,
      tar(
        manifest,
        header(file('data/fold.snap'), [
          [TYPE_AT, type],
          [LINK_AT, '/etc/passwd'],
        ]),
      ),
    ] as const,
);

const badNames = [
  '../fold.snap',
  'data/../../fold.snap',
  'data/..',
  '/etc/fold.snap',
  '//data/fold.snap',
  'data//fold.snap',
  'data/./fold.snap',
  '././data/fold.snap',
  './/data/fold.snap',
  'data\\fold.snap',
  'data/a\u0001b',
  'data/\u007f',
  'fold.snap',
  'DATA/fold.snap',
  'data',
  '',
  '.',
  '..',
  'manifest.json',
  'MANIFEST.json/x',
  `data/${'x'.repeat(90)}`,
  'data/a/b/c/d/e/f/g/h/i',
  'data/other.snap',
  'data/fold.snap ',
].map((name) => [`a file named ${JSON.stringify(name)}`, tar(manifest, fold, entry(name, 'x'))] as const);

const binarySize = (bytes: readonly number[]): Uint8Array =>
  Uint8Array.from([...bytes, ...new Array<number>(12)].slice(0, 12));

/** Tars that must be refused, by name. */
export const hostileTars: readonly (readonly [string, Uint8Array])[] = [
  ...oddTypes,
  ...badNames,
  ['nothing at all', new Uint8Array(0)],
  ['nothing but an end', tar()],
  ['no manifest', tar(fold)],
  ['no payload', tar(manifest)],
  ['a manifest twice', tar(manifest, manifest, fold)],
  ['a manifest twice by two names', tar(manifest, entry('./MANIFEST.json', MANIFEST), fold)],
  ['a payload twice', tar(manifest, fold, fold)],
  ['a payload twice by two names', tar(manifest, fold, entry('./data/fold.snap', FOLD))],
  ['a payload before its manifest that does not list it', tar(entry('data/extra', 'x'), fold, manifest)],
  ['a folder in the place of the payload', tar(manifest, entry('data/fold.snap/'), fold)],
  ['a file in the place of the folder', tar(manifest, entry('data', 'x'), fold)],
  ['a file below a file', tar(fold, entry('data/fold.snap/x', 'x'), manifest)],
  ['a file above a file', tar(entry('data/fold.snap/x', 'x'), fold, manifest)],
  ['a folder as the manifest', tar(entry('MANIFEST.json/'), fold)],
  ['a folder beside data', tar(manifest, entry('other/'), fold)],
  ['a folder out of it', tar(manifest, entry('../out/'), fold)],
  [
    'a folder with bytes',
    tar(manifest, header({ kind: 'folder', name: 'data/', size: 0 }, [[SIZE_AT, '00000000005']]), fold),
  ],
  ['a payload that is a byte short', tar(manifest, entry('data/fold.snap', FOLD.subarray(1)))],
  [
    'a payload that is a byte long',
    tar(manifest, entry('data/fold.snap', Buffer.concat([FOLD, Uint8Array.of(0)]))),
  ],
  [
    'a payload with a bit flipped',
    tar(
      manifest,
      entry(
        'data/fold.snap',
        FOLD.map((byte, at) => (at === 999 ? byte ^ 1 : byte)),
      ),
    ),
  ],
  [
    'a payload with a bit flipped, before its manifest',
    tar(
      entry(
        'data/fold.snap',
        FOLD.map((byte, at) => (at === 9 ? byte ^ 1 : byte)),
      ),
      manifest,
    ),
  ],
  ['bytes after the end', Buffer.concat([goodTar, Uint8Array.of(1)])],
  ['another tar after the end', Buffer.concat([goodTar, goodTar])],
  ['a megabyte of zeros and more after the end', Buffer.concat([goodTar, new Uint8Array(1024 * 1024 + 512)])],
  ['one block of zeros in the middle', tar(manifest, new Uint8Array(512), fold)],
  [
    'bytes in the padding',
    Buffer.concat([goodTar.subarray(0, goodTar.length - 1025), Uint8Array.of(7), END]),
  ],
  [
    'a header with a wrong checksum',
    tar(
      manifest,
      fold.map((byte, at) => (at === 5 ? byte ^ 1 : byte)),
    ),
  ],
  ['a header of no tar', tar(new Uint8Array(512).fill(0x41))],
  ['a header without magic', tar(header(file('MANIFEST.json'), [[257, new Uint8Array(8)]]))],
  ['a size of no digits', tar(header(file('MANIFEST.json'), [[SIZE_AT, 'x'.repeat(12)]]))],
  [
    'a size below 0',
    tar(header(file('MANIFEST.json'), [[SIZE_AT, binarySize(new Array<number>(12).fill(0xff))]])),
  ],
  ['a size past 2^53', tar(header(file('MANIFEST.json'), [[SIZE_AT, binarySize([0x80, 0, 0, 0, 1])]]))],
  ['a manifest of 1 GiB', tar(header(file('MANIFEST.json'), [[SIZE_AT, '10000000000']]))],
  ['a manifest a byte over 1 MiB', tar(entry('MANIFEST.json', ' '.repeat(1024 * 1024 + 1)))],
  [
    'a payload said to have 8 TiB',
    tar(manifest, header(file('data/fold.snap'), [[SIZE_AT, binarySize([0x80, 0, 0, 0, 0, 0, 8])]])),
  ],
  ['a name with bytes behind its NUL', tar(manifest, header(file('data/fold.snap'), [[20, 'x']]))],
  ['a name that is not UTF-8', tar(manifest, header(file('data/fold.snap'), [[5, Uint8Array.of(0xff)]]))],
  ['a link name on a plain file', tar(manifest, header(file('data/fold.snap'), [[LINK_AT, '/etc/passwd']]))],
  ['a prefix that leads out', tar(manifest, header(file('fold.snap'), [[345, '../data']]))],
  ['8,200 folders', tar(manifest, ...Array.from({ length: 8_200 }, (_, index) => entry(`data/${index}/`)))],
  [
    '8,200 files before the manifest',
    tar(...Array.from({ length: 8_200 }, (_, index) => entry(`data/${index}`, '')), manifest),
  ],
];
