import { repairHint } from '../../bytes/text/command-hints.js';
import type { Finding } from '../../finding.js';
import { lostRecords } from '../scan/lost-records.js';
import type { SegmentEntry } from './segment-folder.js';

/** A finding for each core that has no segment in a bare folder where later cores have theirs. */
export function missingSegments(folder: string, segments: readonly SegmentEntry[]): Finding[] {
  const cores = new Set(segments.map(({ coreId }) => coreId));
  const last = segments.at(-1)?.coreId ?? -1;
  const findings: Finding[] = [];
  for (let coreId = 0; coreId < last; coreId++) {
    if (!cores.has(coreId)) findings.push(missingSegment(folder, coreId));
  }
  return findings;
}

function missingSegment(folder: string, coreId: number): Finding {
  return {
    severity: 'damage',
    class: 'missing-segment',
    file: folder,
    offset: 0,
    bytes: 0,
    message: `the segment of core ${coreId} is missing, and later cores have theirs`,
    hint: `look for it where the others came from; then, or without it, ${repairHint(folder)}`,
    coreId,
    lost: lostRecords({ coreId, from: undefined, to: undefined, afterNs: undefined, beforeNs: undefined }, 0),
  };
}
