import { toHex } from '../../../engine/bytes/text/text.js';
import type { Mended } from '../../../engine/repair/account/report.js';
import { countedText } from '../../text/counted-text.js';
import { visibleText } from '../../terminal/shown/visible-text.js';

/** How the line is written. */
interface MendedForm {
  readonly json: boolean;
  /** The bytes before and after may be bytes of a value: only their lengths are shown then. */
  readonly redact: boolean;
}

const WHAT: Readonly<Record<Mended['kind'], string>> = {
  length: 'the length of the record was wrong, its data was not',
  bit: 'one bit was wrong',
  byte: 'one byte was wrong',
  'lost-byte': 'one byte was missing',
  'added-byte': 'one byte was too many',
  'line-ends': 'a carriage return stood before every line feed',
};

/** A mended place, as a line: JSON, or for people. */
export function mendedLine(mended: Mended, { json, redact }: MendedForm): string {
  const { kind, file, offset, before, after, record, bytes, places } = mended;
  const isHidden = redact && kind !== 'length' && kind !== 'line-ends';
  if (json) {
    const changed = isHidden
      ? { beforeBytes: before.length, afterBytes: after.length }
      : { before: toHex(before), after: toHex(after) };
    return JSON.stringify({ mended: { kind, file, offset, ...changed, record, bytes, places } });
  }
  const change = isHidden ? 'bytes not shown' : `${hexText(before)} became ${hexText(after)}`;
  const kept =
    kind === 'line-ends'
      ? `${countedText(places, 'place')} put right, and all of the file is whole`
      : `the record at byte ${record} is kept`;
  return visibleText(`mended: ${file}, byte ${offset}: ${WHAT[kind]}; ${change}; ${kept}`);
}

function hexText(bytes: Uint8Array): string {
  return bytes.length === 0 ? 'nothing' : `0x${toHex(bytes)}`;
}
