import { formatTime } from '../../../engine/bytes/text/time-text.js';
import type { LostChange, LostKey } from '../../../engine/repair/account/report.js';
import { encodeText, type Encoding } from '../../values/encoding.js';
import { visibleText } from '../../terminal/shown/visible-text.js';
import { jsonField } from '../../text/json-fields.js';

/** How a loss is written. */
interface LossForm {
  readonly json: boolean;
  readonly keyEncoding: Encoding;
}

/** A key whose last change was lost, as a line: JSON, or for people. */
export function lostKeyLine(lost: LostKey, { json, keyEncoding }: LossForm): string {
  const { key, fallsBack, older } = lost;
  if (json) {
    const value =
      older === undefined ? {} : { older: { valueBytes: older.bytes, valueDigest: older.digest } };
    const fields = changeFields(lost);
    return JSON.stringify({
      lostKey: { ...jsonField('key', key, keyEncoding), ...fields, fallsBack, ...value },
    });
  }
  const name = encodeText(key, keyEncoding) ?? `base64 ${Buffer.from(key).toString('base64')}`;
  const outcome = fallsBack
    ? `it falls back to the value that it had before${older === undefined ? '' : ` (${older.bytes} bytes, blake3 ${older.digest})`}`
    : 'no older value of it was kept';
  return visibleText(`lost: ${lost.op} of ${name}: ${placeText(lost)}: ${outcome}`);
}

/** A change that was lost and whose key is not known, as a line. */
export function lostChangeLine(lost: LostChange, { json }: LossForm): string {
  if (json) return JSON.stringify({ lostChange: changeFields(lost) });
  return visibleText(`lost: ${lost.op}, key not readable: ${placeText(lost)}`);
}

function changeFields({ op, file, offset, sequence, timestampNs, coreId }: LostChange) {
  return {
    op,
    file,
    offset,
    sequence: sequence?.toString(),
    timestampNs: timestampNs?.toString(),
    coreId,
  };
}

/** The place of a lost record, with its number, time and core as far as they are proven. */
function placeText({ file, offset, sequence, timestampNs, coreId }: LostChange): string {
  const number = sequence === undefined ? '' : `, sequence ${sequence}`;
  const time = timestampNs === undefined ? '' : `, of ${formatTime(timestampNs)}`;
  const core = coreId === undefined ? '' : `, core ${coreId}`;
  return `${file}, byte ${offset}${number}${time}${core}`;
}
