import { formatTime } from '../../../engine/bytes/text/time-text.js';
import type { ResumePosition } from '../../../engine/inspect/select/resume-positions.js';
import { visibleText } from '../../terminal/shown/visible-text.js';
import type { Terminal } from '../../terminal/terminal.js';

/** Stands where there is nothing to say. */
const ABSENT = '-';

/**
 * Prints from where each source can resume: a sentence for a person; for a pipe a line whose op is `source`, with the name, the
 * position, and what the last Commit says; an object with `--json`.
 */
export function writeResumePositions(
  { output, outputIsTerminal }: Terminal,
  positions: readonly ResumePosition[],
  json: boolean,
): void {
  for (const position of positions) {
    const line = json
      ? JSON.stringify({ source: positionJson(position) })
      : visibleLine(outputIsTerminal ? [sentenceOf(position)] : fieldsOf(position));
    output.writeText(`${line}\n`);
  }
}

function visibleLine(parts: readonly string[]): string {
  return parts.map(visibleText).join('\t');
}

function placeOf({ saidBy }: ResumePosition): Exclude<ResumePosition['saidBy'], 'checkpoint'> {
  return saidBy === 'checkpoint' ? undefined : saidBy;
}

function fieldsOf(position: ResumePosition): string[] {
  const { name, upTo, said } = position;
  const place = placeOf(position);
  const where =
    place === undefined
      ? Array.from({ length: 7 }, () => ABSENT)
      : [
          place.path,
          ...[
            place.offset,
            place.recordBytes,
            place.coreId,
            place.epoch,
            place.sequence,
            place.timestampNs,
          ].map(String),
        ];
  return [...where, 'source', name, String(upTo), String(said)];
}

function sentenceOf({ name, upTo, saidBy, said, loss }: ResumePosition): string {
  const by =
    saidBy === undefined
      ? 'nothing says more'
      : saidBy === 'checkpoint'
        ? 'as the newest checkpoint says'
        : `as the commit of ${formatTime(saidBy.timestampNs)} says, ${saidBy.path}, byte ${saidBy.offset}`;
  const lost =
    loss === undefined
      ? ''
      : `; the last commit says ${said}, behind what was lost: ${loss.file}, byte ${loss.offset}`;
  return `source ${name}: nothing is missing up to ${upTo}, ${by}${lost}`;
}

function positionJson(position: ResumePosition): unknown {
  const { name, upTo, saidBy, said, loss } = position;
  const place = placeOf(position);
  return {
    name,
    upTo: String(upTo),
    said: String(said),
    ...(saidBy === 'checkpoint' ? { isOfCheckpoint: true } : {}),
    ...(place === undefined
      ? {}
      : {
          commit: {
            segment: place.path,
            offset: place.offset,
            coreId: place.coreId,
            epoch: String(place.epoch),
            sequence: String(place.sequence),
            timestampNs: String(place.timestampNs),
            time: formatTime(place.timestampNs),
          },
        }),
    ...(loss === undefined ? {} : { loss: { file: loss.file, offset: loss.offset, bytes: loss.bytes } }),
  };
}
