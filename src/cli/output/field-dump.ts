import { toHex } from '../../engine/bytes/text/text.js';
import type { ByteField } from '../../engine/inspect/fields/byte-field.js';
import type { FileBytes } from '../../engine/inspect/fields/file-bytes.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/shown/visible-text.js';

/** No more of a field is printed: what it says is elsewhere, what matters of it is here. */
const HEX_BYTES_MAX = 1_024;
const SHOWN_BYTES_MAX = 256;
/** A terminal narrower than this gets half as many bytes a line. */
const WIDE_COLUMNS = 110;
const LINE_BYTES = 16;
const OFFSET_COLUMNS = 10;
const NAME_COLUMNS = 13;
const WRONG_MARK = '!';
/** The first byte for which ASCII has a sign. */
const FIRST_PRINTED = 0x20;
const LAST_PRINTED = 0x7e;
const NO_BYTES = new Uint8Array();

/** A line of offset, hex, ASCII, name and what it says. */
export interface DumpLine {
  readonly isWrong: boolean;
  /** Safe to show. */
  readonly text: string;
}

/** How fields are printed. */
export interface DumpOptions {
  /** Bytes in which a value may lie are left out. */
  readonly redact: boolean;
}

/** A field as it stands in JSON; `hex` is shorter than `bytes` where there is much of it, and absent if redacted. */
export interface FieldJson {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
  readonly hex?: string;
  readonly text?: string;
  readonly isWrong?: true;
  readonly wrongAt?: number;
}

/** Fields for `--json`. */
export function fieldsJson(
  fields: readonly ByteField[],
  bytes: FileBytes,
  { redact }: DumpOptions,
): FieldJson[] {
  return fields.map((field) => {
    const { name, offset, bytes: length, isWrong, wrongAt, holdsValue } = field;
    const isHidden = redact && holdsValue;
    const text = isHidden ? textOfHidden(field) : field.text;
    return {
      name,
      offset,
      bytes: length,
      ...(isHidden ? {} : { hex: toHex(bytes.read(offset, Math.min(length, HEX_BYTES_MAX))) }),
      ...(text === '' ? {} : { text }),
      ...(isWrong ? { isWrong: true as const } : {}),
      ...(wrongAt === undefined ? {} : { wrongAt }),
    };
  });
}

/**
 * The text of hidden bytes: their content would tell their meaning, and so would a wrong byte; its place does
 * not.
 */
function textOfHidden({ wrongAt }: ByteField): string {
  return wrongAt === undefined ? '' : `byte ${wrongAt} is wrong`;
}

/** Writes fields as lines of offset, hex, ASCII, name and what they say; wrong ones with a mark, red on a terminal. */
export type FieldDump = (fields: readonly ByteField[], bytes: FileBytes) => void;

/** Makes the printer of fields for `terminal`. The package for colours is loaded only for one. */
export async function fieldDump(terminal: Terminal, options: DumpOptions): Promise<FieldDump> {
  const { output, outputIsTerminal, outputColumns } = terminal;
  const lineBytes = outputIsTerminal && outputColumns < WIDE_COLUMNS ? LINE_BYTES / 2 : LINE_BYTES;
  const chalk = outputIsTerminal ? (await import('chalk')).default : undefined;
  return (fields, bytes) => {
    for (const field of fields) {
      for (const line of dumpLines(field, bytes, lineBytes, options)) {
        const text = `${line.isWrong ? WRONG_MARK : ' '} ${line.text}`;
        output.writeText(`${line.isWrong && chalk !== undefined ? chalk.red(text) : text}\n`);
      }
    }
  };
}

/**
 * The lines of a field; of a long one, those round what is wrong.
 * @param lineBytes how many bytes a line has
 */
export function* dumpLines(
  field: ByteField,
  bytes: FileBytes,
  lineBytes: number,
  { redact }: DumpOptions,
): Generator<DumpLine, void> {
  const { name, offset, text, isWrong, wrongAt, holdsValue } = field;
  const isHidden = redact && holdsValue;
  const shownText = isHidden ? textOfHidden(field) : text;
  const said = `${name.padEnd(NAME_COLUMNS)} ${visibleText(shownText)}`.trimEnd();
  if (isHidden) {
    yield { isWrong, text: lineText(offset, NO_BYTES, lineBytes, `${said}  ${field.bytes} bytes, redacted`) };
    return;
  }
  const first = firstShown(field, lineBytes);
  const shown = bytes.read(first, Math.min(field.bytes - (first - offset), SHOWN_BYTES_MAX));
  let saying = said;
  if (first > offset) yield moreLine(first - offset, saying);
  if (first > offset) saying = '';
  for (let at = 0; at < shown.length; at += lineBytes, saying = '') {
    const place = first + at;
    const isHere = wrongAt === undefined || (wrongAt >= place && wrongAt < place + lineBytes);
    const line = lineText(place, shown.subarray(at, at + lineBytes), lineBytes, saying);
    yield { isWrong: isWrong && isHere, text: line };
  }
  const left = offset + field.bytes - (first + shown.length);
  if (left > 0) yield moreLine(left, '');
}

/** The first byte of a field to show: its start, unless the byte that is wrong lies far behind it. */
function firstShown({ offset, wrongAt = offset }: ByteField, lineBytes: number): number {
  const before = wrongAt - offset - SHOWN_BYTES_MAX / 2;
  return before <= SHOWN_BYTES_MAX / 2 ? offset : offset + Math.floor(before / lineBytes) * lineBytes;
}

function moreLine(bytes: number, said: string): DumpLine {
  return { isWrong: false, text: `${'…'.padStart(OFFSET_COLUMNS)}  ${bytes} bytes more  ${said}`.trimEnd() };
}

function lineText(offset: number, part: Uint8Array, lineBytes: number, said: string): string {
  const hex = Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const ascii = Array.from(part, (byte) =>
    byte >= FIRST_PRINTED && byte <= LAST_PRINTED ? String.fromCharCode(byte) : '.',
  ).join('');
  const columns = `${hex.padEnd(3 * lineBytes - 1)}  |${ascii}|`.padEnd(4 * lineBytes + 4);
  return `${String(offset).padStart(OFFSET_COLUMNS)}  ${columns}${said}`.trimEnd();
}
