import type { LostKey, RepairEvent, RepairSummary } from '../engine/repair/report.js';
import { encodeText, type Encoding } from './encoding.js';
import { findingText } from './finding-text.js';
import { jsonField } from './json-fields.js';
import { formatSize } from './size-text.js';
import { visibleText } from './visible-text.js';

/** One thing that a repair tells, as a line: JSON, or for people. */
export function repairEventLine(event: RepairEvent, isJson: boolean, keyEncoding: Encoding): string {
  if ('finding' in event) return isJson ? JSON.stringify(event) : findingText(event.finding);
  return isJson ? lostKeyJson(event.lostKey, keyEncoding) : lostKeyText(event.lostKey, keyEncoding);
}

/** What a repair came to, as a line: JSON, or for people. */
export function repairSummaryLine(summary: RepairSummary, isJson: boolean): string {
  return isJson ? JSON.stringify({ summary }) : summaryText(summary);
}

function lostKeyJson({ key, op, file, offset, fallsBack }: LostKey, encoding: Encoding): string {
  return JSON.stringify({ lostKey: { ...jsonField('key', key, encoding), op, file, offset, fallsBack } });
}

function lostKeyText({ key, op, file, offset, fallsBack }: LostKey, encoding: Encoding): string {
  const name = encodeText(key, encoding) ?? `base64 ${Buffer.from(key).toString('base64')}`;
  const outcome = fallsBack
    ? 'it falls back to the value that it had before'
    : 'no older value of it was kept, if this is its name';
  return visibleText(`lost: ${op} of ${name}: ${file}, byte ${offset}: ${outcome}`);
}

function summaryText({ path, into, dryRun, kept, lost, keysEstimated, copies }: RepairSummary): string {
  const keys = `${keysEstimated ? 'about ' : ''}${kept.keys} keys`;
  const outcome = [
    `kept ${kept.records} records, ${formatSize(kept.bytes)}, ${keys}`,
    `lost ${lost.records} records, ${formatSize(lost.bytes)}, ${lost.keys} keys`,
    ...copies.map((copy) => `copy in ${copy}`),
  ].join('; ');
  const place = into === null ? path : `${path} into ${into}`;
  return visibleText(`${place}: ${outcome}${dryRun ? '; nothing was written' : ''}`);
}
