import type { Skipped } from '../../engine/repair/rest/readable-rest.js';
import type { RepairEvent } from '../../engine/repair/account/report.js';
import { formatSize } from '../values/size-text.js';
import { visibleText } from '../terminal/shown/visible-text.js';
import { lostKeysText, lostRecordsText } from '../text/lost-text.js';
import { repairEventLine, type RepairLineForm } from '../output/repair/repair-output.js';

/** One of two paths that are compared. */
export interface NamedSide {
  readonly name: 'a' | 'b';
  readonly path: string;
}

/** One thing that was skipped, or put right, to read one side of a comparison, as a line: JSON, or for people. */
export function sideEventLine(
  { name }: NamedSide,
  event: Exclude<RepairEvent, { readonly progress: unknown }>,
  form: RepairLineForm,
): string {
  const line = repairEventLine(event, form);
  return form.json ? JSON.stringify({ side: name, ...JSON.parse(line) }) : `${name.toUpperCase()}: ${line}`;
}

/** All that is missing of one side of a comparison, as a line: JSON, or for people. */
export function skippedLine(
  { name, path }: NamedSide,
  { places, lost, isUnnamed }: Skipped,
  isJson: boolean,
): string {
  if (isJson) {
    const skipped = { side: name, path, places: Object.fromEntries(places), ...lost, isUnnamed };
    return JSON.stringify({ skipped });
  }
  const classes = [...places].map(([kind, { count, bytes }]) => `${count} ${kind} (${formatSize(bytes)})`);
  const what = [
    ...classes,
    `lost ${lostRecordsText(lost)}, ${formatSize(lost.bytes)}, ${lostKeysText(lost)}`,
  ].join(', ');
  const doubt = isUnnamed ? '; a key that it has not may be among what is lost, and is told as unknown' : '';
  return visibleText(`${name.toUpperCase()}: skipped in ${path}: ${what}${doubt}`);
}
