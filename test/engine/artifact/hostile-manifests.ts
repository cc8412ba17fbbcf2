import { MANIFEST } from './hostile-tars.js';

const DIGEST = '66fa8e261f86a7c9d28a55e6475333348aa033e99cc968797e18aeee222a02eb';
const LINE = `"blake3": "${DIGEST}"`;

function replaced(what: string, by: string): string {
  if (!MANIFEST.includes(what)) throw new Error(`the manifest has no ${what}`);
  return MANIFEST.replace(what, by);
}

const paths = [
  '../fold.snap',
  'data/../fold.snap',
  'data/../../x',
  '/data/fold.snap',
  'data//fold.snap',
  'data/./fold.snap',
  'data/',
  'data',
  '',
  '.',
  'fold.snap',
  'DATA/fold.snap',
  'data\\\\fold.snap',
  'data/\\u0000',
  'data/\\ud800',
  'data/a\\nb',
  `data/${'a'.repeat(251)}`,
  'data/a/b/c/d/e/f/g/h',
  './data/fold.snap',
  'data/fold.snap/',
];
const numbers = [
  '-1',
  '1.5',
  '1e3',
  '9007199254740992',
  '9007199254740993',
  '1e400',
  '"13369"',
  'null',
  '013369',
];

/** Manifests that must be refused, by name. */
export const hostileManifests: readonly (readonly [string, string | Uint8Array])[] = [
  ...paths.map((path) => [`the path "${path}"`, replaced('data/fold.snap', path)] as const),
  ...numbers.map((number) => [`the size ${number}`, replaced('13369', number)] as const),
  ...numbers
    // That is another way to write a whole number.
    .filter((number) => number !== '1e3')
    .map((number) => [`the time ${number}`, replaced('1795218965', number)] as const),
  ['an empty manifest', ''],
  ['an object of nothing', '{}'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a number', '1'],
  ['half a manifest', MANIFEST.slice(0, 200)],
  ['a manifest and more', `${MANIFEST}{}`],
  ['a byte order mark', `\ufeff${MANIFEST}`],
  ['UTF-16', Buffer.from(MANIFEST, 'utf16le')],
  [
    'a byte that is not UTF-8',
    Buffer.concat([Buffer.from(MANIFEST.slice(0, 50)), Uint8Array.of(0xff), Buffer.from(MANIFEST.slice(50))]),
  ],
  ['100,000 brackets', '['.repeat(100_000)],
  ['100,000 nested objects', '{"a":'.repeat(100_000)],
  ['an unknown key', replaced('"files"', '"more": 1,\n  "files"')],
  ['an unknown key in a file', replaced(LINE, `${LINE},\n      "mode": 511`)],
  ['__proto__', replaced('"files"', '"__proto__": {},\n  "files"')],
  ['constructor', replaced('"files"', '"constructor": {},\n  "files"')],
  ['a doubled key', replaced('"backend_version": "2"', '"backend_version": "2",\n  "backend_version": "2"')],
  ['a doubled key in a file', replaced(LINE, `${LINE},\n      ${LINE}`)],
  ['a doubled files list', replaced('"files"', '"files": [],\n  "files"')],
  ['a missing key', replaced('  "created_at_unix": 1795218965,\n', '')],
  ['schema 0', replaced('"schema_version": 1', '"schema_version": 0')],
  ['schema 2 without a scope', replaced('"schema_version": 1', '"schema_version": 2')],
  ['schema 1 with a scope', replaced('"files"', '"scope": [""],\n  "files"')],
  ['schema 3', replaced('"schema_version": 1', '"schema_version": 3')],
  ['a key that is doubled by an escape', replaced('"files"', '"f\\u0069les": [],\n  "files"')],
  ['schema "1"', replaced('"schema_version": 1', '"schema_version": "1"')],
  ['another backend', replaced('append-log', 'fjall')],
  ['a backend with a slash', replaced('append-log', '../append-log')],
  ['an empty backend', replaced('append-log', '')],
  ['another version of the backend', replaced('"backend_version": "2"', '"backend_version": "3"')],
  ['a cursor of one digit', replaced('00000000000005a5', '0')],
  ['a cursor in upper case', replaced('00000000000005a5', '00000000000005A5')],
  ['a cursor of 22 digits', replaced('00000000000005a5', '00'.repeat(11))],
  ['a cursor that is no hex', replaced('00000000000005a5', 'xyz')],
  ['another cursor', replaced('00000000000005a5', '00000000000005a6')],
  ['no cursor', replaced('00000000000005a5', '')],
  ['a digest in upper case', replaced(DIGEST, DIGEST.toUpperCase())],
  ['a short digest', replaced(DIGEST, DIGEST.slice(1))],
  ['another digest', replaced(DIGEST, `0${DIGEST.slice(1)}`)],
  ['files that are no list', MANIFEST.replace(/"files": \[[^]*\]/, '"files": {}')],
  ['no file', MANIFEST.replace(/"files": \[[^]*\]/, '"files": []')],
  ['a file twice', MANIFEST.replace(/(\{\n {6}"path"[^]*?\n {4}\})/, '$1,\n    $1')],
  [
    'a file that is not there',
    MANIFEST.replace(/(\{\n {6}"path"[^]*?\n {4}\})/, '$1,\n    $1').replace(
      /fold\.snap(?=[^]*fold\.snap)/,
      'a.snap',
    ),
  ],
  ['a million files', `{"files":[${new Array(1_000_000).fill('{}').join(',')}]}`],
];
