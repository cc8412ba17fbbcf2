import type { Filled, FilledAmount, NotTaken } from '../../engine/repair/account/report.js';
import { encodeText, type Encoding } from '../values/encoding.js';
import { formatSize } from '../values/size-text.js';
import { visibleText } from '../terminal/shown/visible-text.js';
import { countedText } from '../text/counted-text.js';
import { jsonField } from '../text/json-fields.js';

/** How the line is written. */
interface FilledForm {
  readonly json: boolean;
  readonly keyEncoding: Encoding;
}

/** A thing that a replica filled, as a line: JSON, or for people. */
export function filledLine(filled: Filled, form: FilledForm): string {
  const { kind, file, offset, bytes, records, coreId, epoch, sequence, key, from, fromOffset } = filled;
  if (!form.json) {
    const place = `${file}, byte ${offset}`;
    return visibleText(`filled: ${place}: ${contentText(filled, form)} from ${from}, byte ${fromOffset}`);
  }
  const log = records === 0 ? {} : { coreId, epoch: textOf(epoch), sequence: textOf(sequence) };
  const ofKey = key === undefined ? {} : jsonField('key', key, form.keyEncoding);
  return JSON.stringify({
    filled: { kind, file, offset, bytes, records, ...log, ...ofKey, from, fromOffset },
  });
}

function textOf(number: bigint | undefined): string | undefined {
  return number === undefined ? undefined : String(number);
}

function contentText(
  { kind, bytes, records, coreId, epoch, sequence, key }: Filled,
  form: FilledForm,
): string {
  switch (kind) {
    case 'records': {
      const what = `${countedText(records, 'record')}, ${formatSize(bytes)}`;
      if (sequence === undefined || epoch === undefined) return `${what},`;
      return `${what}, from sequence ${sequence} on, of core ${coreId ?? 0}, epoch ${epoch},`;
    }
    case 'pages':
      return `${formatSize(bytes)} of pages`;
    case 'manifest':
      return 'the manifest';
    case 'key': {
      const name =
        key === undefined ? '' : (encodeText(key, form.keyEncoding) ?? Buffer.from(key).toString('base64'));
      return `the value of ${name}`;
    }
  }
}

/** A thing that could not be proved, as a line: JSON, or for people. */
export function notTakenLine(notTaken: NotTaken, { json }: FilledForm): string {
  if (json) return JSON.stringify({ notTaken });
  return visibleText(`not taken: ${notTaken.file} for ${notTaken.for}: ${notTaken.reason}`);
}

/** The sum of what was filled, for a summary. */
export function filledText({ places, records, bytes }: FilledAmount): string {
  return `filled ${countedText(places, 'place')}, ${countedText(records, 'record')}, ${formatSize(bytes)}`;
}
