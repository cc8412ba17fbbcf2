import type { ListedMoment } from '../../engine/remote/chain/list-moments.js';
import type { Terminal } from '../terminal/terminal.js';
import { NONE, timeText, writeListed } from './list-output.js';

const HEAD = ['KEY', 'KIND', 'POSITION', 'CREATED', 'BYTES', 'STANDS ON'];

/** Prints the moments of keys: a table on a terminal, a line each else, and an object a line as JSON. */
export async function writeMoments(
  terminal: Terminal,
  moments: AsyncIterable<ListedMoment>,
  json: boolean,
): Promise<void> {
  await writeListed(terminal, moments, { json: json ? momentJson : undefined, cells, head: HEAD });
}

function momentJson(moment: ListedMoment): object {
  const { key, name, kind, position, bytes, modifiedMs, standsOn, puts, deletes, isCurrent, fault } = moment;
  return {
    key,
    name,
    kind,
    position: position ?? null,
    created: timeText(modifiedMs),
    bytes,
    standsOn: standsOn ?? null,
    ...(kind === 'increment' ? { puts: puts ?? null, deletes: deletes ?? null } : {}),
    current: isCurrent,
    ...(fault === undefined ? {} : { problem: fault.message }),
  };
}

function cells(
  { key, kind, position, bytes, modifiedMs, standsOn, fault }: ListedMoment,
  sizeText: (bytes: number) => string,
): string[] {
  return [
    key,
    kind,
    position ?? NONE,
    timeText(modifiedMs),
    sizeText(bytes),
    standsOn ?? NONE,
    ...(fault === undefined ? [] : [fault.message]),
  ];
}
