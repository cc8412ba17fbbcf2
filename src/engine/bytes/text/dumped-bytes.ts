/** Bytes that were written down as text, and how to get them back. */
export interface DumpedBytes {
  /** The end of a sentence about the file. */
  readonly what: string;
  /** A program that reads the file's name, or standard input, and writes the bytes. */
  readonly filter: string;
}

interface Dump extends DumpedBytes {
  readonly start: RegExp;
}

/** At least so many characters, so that a short word is not taken for base64. */
const BASE64 = /^[A-Za-z0-9+/\r\n]{24,}={0,2}\s*$/;
const HEX = /^([0-9a-fA-F]{2}\s*){16,}$/;
/** The name of the file goes in place of `FILE`. */
const DUMPS: readonly Dump[] = [
  { start: /^0{7,8}: ([0-9a-f]{2,4} ){2}/, what: 'a hex dump by xxd', filter: 'xxd -r FILE' },
  {
    start: /^0{8} {2}([0-9a-f]{2} ){2}/,
    what: 'a hex dump by hexdump -C',
    filter: undone('s/\\|.*//', 'hex', 'pack "C*", map { hex } @w'),
  },
  {
    start: /^0{6}( [0-9a-f]{2}){4}/,
    what: 'a hex dump by od -A x -t x1',
    filter: undone('', 'hex', 'pack "C*", map { hex } @w'),
  },
  {
    start: /^0{7}( [0-9a-f]{2}){4}/,
    what: 'a hex dump by od -t x1',
    filter: undone('', 'oct', 'pack "C*", map { hex } @w'),
  },
  {
    start: /^0{7}( [0-7]{6}){2}/,
    what: 'an octal dump by od',
    filter: undone('', 'oct', 'pack "v*", map { oct } @w'),
  },
];

/**
 * A command that undoes a dump of lines with their offset in front, a `*` standing for lines that repeat the one before.
 * @param strip what takes off each line what is no byte of it
 */
function undone(strip: string, base: 'hex' | 'oct', pack: string): string {
  const repeat = '$o .= $l x (($a - length $o) / length $l) if $s; $s = 0';
  const cut = 'END { print substr $o, 0, $a }';
  const clean = strip === '' ? '' : `${strip}; `;
  return `perl -ne 'if (/^\\*/) { $s = 1; next } ${clean}@w = split; $a = ${base} shift @w; ${repeat}; $o .= $l = ${pack}; ${cut}' FILE`;
}

/**
 * Tells what a file of text is by its start, if bytes were written down in it.
 * @param text its first bytes, as Latin-1
 */
export function dumpedBytes(text: string): DumpedBytes | undefined {
  const dump = DUMPS.find(({ start }) => start.test(text));
  if (dump !== undefined) return dump;
  // The start may end within a byte, or within a group of four.
  if (HEX.test(text.slice(0, text.length - (text.trimEnd().length % 2)))) {
    return { what: 'bytes in hex', filter: 'xxd -r -p FILE' };
  }
  return BASE64.test(text) ? { what: 'bytes in base64', filter: 'base64 -d FILE' } : undefined;
}
