import { formatTime } from '../../engine/bytes/text/time-text.js';
import type { LostRecords } from '../../engine/finding.js';
import type { LostAmount } from '../../engine/repair/account/report.js';
import { countedText } from './counted-text.js';

type Amount = Pick<LostRecords, 'records' | 'isExact'>;

const UNKNOWN = 'an unknown number';
const AT_LEAST = 'at least ';

/** The records that are lost at one place, as a clause. */
export function lostText(lost: LostRecords): string {
  if (lost.records === 0 && lost.isExact) return 'no record is lost with it: the numbering goes on';
  const { coreId } = lost;
  const core = coreId === undefined ? '' : `of core ${coreId}`;
  return ['lost: ' + lostRecordsText(lost), sequencesText(lost), timesText(lost), core]
    .filter((part) => part !== '')
    .join(', ');
}

/** All that is lost, as a line: undefined where that is nothing that has numbers. */
export function lostTotalText(cores: readonly LostRecords[]): string | undefined {
  if (cores.length === 0) return undefined;
  const records = cores.reduce((sum, lost) => sum + lost.records, 0);
  const amount = lostRecordsText({ records, isExact: cores.every(({ isExact }) => isExact) });
  const parts = cores.map((lost) => {
    const { coreId, restarts = 0 } = lost;
    const core = coreId === undefined ? '' : ` of core ${coreId}`;
    const again =
      restarts === 0 ? '' : `, numbered anew ${restarts === 1 ? 'once' : `${restarts} times`} before`;
    const rest = [sequencesText(lost), timesText(lost)].filter((part) => part !== '');
    return [`${numberText(lost)}${core}`, ...rest].join(', ') + again;
  });
  return `lost in all: ${amount}: ${parts.join('; ')}`;
}

/** How many records are lost: each number is one that is known to be lost, at the least. */
export function lostRecordsText({ records, isExact }: Amount): string {
  return lostAmountText({ count: records, isExact }, 'record');
}

/** How many keys are lost: those that are listed, and those that an index counts. */
export function lostKeysText({ keys, areKeysExact }: Pick<LostAmount, 'keys' | 'areKeysExact'>): string {
  return lostAmountText({ count: keys, isExact: areKeysExact }, 'key');
}

function lostAmountText({ count, isExact }: { count: number; isExact: boolean }, what: string): string {
  if (count === 0 && !isExact) return `${UNKNOWN} of ${what}s`;
  return `${isExact ? '' : AT_LEAST}${countedText(count, what)}`;
}

function numberText({ records, isExact }: Amount): string {
  if (records === 0 && !isExact) return UNKNOWN;
  return `${isExact ? '' : AT_LEAST}${records}`;
}

function sequencesText({ records, firstSequence: first, lastSequence: last }: LostRecords): string {
  if (first === undefined) return last === undefined ? '' : `up to sequence ${last}`;
  if (last === undefined) return `from sequence ${first} on`;
  return records === 1 && first === last ? `sequence ${first}` : `sequences ${first} to ${last}`;
}

function timesText({ afterNs, beforeNs }: LostRecords): string {
  const [after, before] = [timeOf(afterNs), timeOf(beforeNs)];
  if (after === undefined) return before === undefined ? '' : `before ${before}`;
  return before === undefined ? `after ${after}` : `between ${after} and ${before}`;
}

function timeOf(ns: string | undefined): string | undefined {
  return ns === undefined ? undefined : formatTime(BigInt(ns));
}
