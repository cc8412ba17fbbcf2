import { commandText, replayHint } from '../../../engine/bytes/text/command-hints.js';
import { statePathsOf } from '../../../engine/state/format/state-paths.js';
import type { LockStat } from '../../../engine/inspect/stat/stat-report.js';
import type { RepairEvent, RepairSummary, SourcePosition } from '../../../engine/repair/account/report.js';
import { countedText } from '../../text/counted-text.js';
import { lostKeysText, lostRecordsText } from '../../text/lost-text.js';
import type { Encoding } from '../../values/encoding.js';
import { findingText } from '../../errors/finding-text.js';
import { filledLine, filledText, notTakenLine } from '../filled-output.js';
import { lostChangeLine, lostKeyLine } from './lost-output.js';
import { mendedLine } from './mended-output.js';
import { formatSize } from '../../values/size-text.js';
import { visibleText } from '../../terminal/shown/visible-text.js';

/** How a repair's lines are written. */
export interface RepairLineForm {
  readonly json: boolean;
  readonly keyEncoding: Encoding;
  /** The bytes of what was put right may be of a value: their length stands there. */
  readonly redact: boolean;
}

/** One thing that a repair tells, as a line: JSON, or for people. */
export function repairEventLine(
  event: Exclude<RepairEvent, { readonly progress: unknown }>,
  form: RepairLineForm,
): string {
  if ('finding' in event) {
    // The repair already does what the hint of a finding asks for, but gives nobody rights.
    const { isRefused, hint } = event.finding;
    const finding = { ...event.finding, hint: isRefused === true ? hint : undefined };
    return form.json ? JSON.stringify({ finding }) : findingText(finding);
  }
  if ('source' in event) return form.json ? sourceJson(event.source) : sourceText(event.source);
  if ('filled' in event) return filledLine(event.filled, form);
  if ('notTaken' in event) return notTakenLine(event.notTaken, form);
  if ('mended' in event) return mendedLine(event.mended, form);
  if ('lostChange' in event) return lostChangeLine(event.lostChange, form);
  return lostKeyLine(event.lostKey, form);
}

function sourceJson({ name, upTo, said, isKept }: SourcePosition): string {
  return JSON.stringify({ source: { name, upTo: String(upTo), said: String(said), isKept } });
}

function sourceText({ name, upTo, said, isKept }: SourcePosition): string {
  const outcome = isKept ? 'it keeps that (--keep-sources)' : `it is set to ${upTo}: resume there`;
  return visibleText(
    `source: ${name}: nothing is missing of its first ${upTo} lines; ${said} were said to be taken; ${outcome}`,
  );
}

/** The result of a repair, as a line: JSON, or for people. */
export function repairSummaryLine(summary: RepairSummary, isJson: boolean): string {
  return isJson ? JSON.stringify({ summary }) : summaryText(summary);
}

function summaryText({
  path,
  into,
  dryRun,
  kept,
  lost,
  mended,
  filled,
  keysEstimated,
  madeEmpty = [],
  copies,
}: RepairSummary): string {
  const keys = `${keysEstimated ? 'about ' : ''}${countedText(kept.keys, 'key')}`;
  const lostKeys = `${lostKeysText(lost)}${unnamedText(lost)}`;
  const outcome = [
    `kept ${countedText(kept.records, 'record')}, ${formatSize(kept.bytes)}, ${keys}`,
    `lost ${lostRecordsText(lost)}, ${formatSize(lost.bytes)}, ${lostKeys}`,
    ...(filled === undefined ? [] : [filledText(filled)]),
    ...(mended === 0 ? [] : [`mended ${countedText(mended, 'place')}`]),
    ...(madeEmpty.length === 0 ? [] : [emptyText(madeEmpty)]),
    ...copies.map((copy) => `copy in ${copy}`),
  ].join('; ');
  const place = into === null ? path : `${path} into ${into}`;
  return visibleText(`${place}: ${outcome}${dryRun ? '; nothing was written' : ''}`);
}

function unnamedText({ unnamed }: RepairSummary['lost']): string {
  return unnamed === 0 ? '' : ` and ${countedText(unnamed, 'change')} of keys that are not readable`;
}

/** Nobody is to take an empty segment for that of a core which wrote nothing. */
function emptyText(names: readonly string[]): string {
  return `empty, since ${names.length === 1 ? 'it is' : 'they are'} missing in the source: ${names.join(', ')}`;
}

/** The next step after a repair, as a line; undefined if nothing is left to do. */
export function repairNextLine(summary: RepairSummary): string | undefined {
  const { kind, path, into, aside, dryRun, gaps, writer } = summary;
  if (into === null || aside === undefined || dryRun) return undefined;
  const what = outcomeText(summary, into);
  if (kind === 'artifact-folder' || kind === 'artifact-tar')
    return `${what}; run ${commandText('statelog', 'import', into, 'STORE')} to make a store of it`;
  const moves = moveCommands(summary, into, aside);
  if (kind === 'wal-segment' || kind === 'wal-folder') {
    const store = gaps === 0 ? [] : [replayHint(into)];
    // A store's own log is numbered on: what has a gap cannot take its place.
    if (IN_STORE.test(path)) return store[0];
    return [...store, `to use ${into} in the place of ${path}, ${moves}`].join('; or, ');
  }
  if (writer !== undefined) return writerText(path, into, what, writer);
  return `${what}; to use it instead, ${moves}`;
}

function outcomeText(summary: RepairSummary, into: string): string {
  const { kind, kept, torn, isWhole, mayBeOlder } = summary;
  // All of it may have been cut off: nobody can tell.
  if (kind === 'log' && torn > 0 && kept.records === 0)
    return `${into} is empty: nothing is lost if the log was being made, else put back a copy`;
  if (isWhole) return `${into} is whole`;
  const isLess = isAnythingLost(summary);
  if (mayBeOlder === true)
    return `${into} is sound, but ${isLess ? 'for what was lost, and ' : ''}older values may stand in it for newer ones`;
  return isLess
    ? `${into} is sound, but for what was lost`
    : `${into} is sound, and nothing tells whether it is all that there was`;
}

function isAnythingLost({ lost }: RepairSummary): boolean {
  const { records, bytes, keys, unnamed, isExact, areKeysExact } = lost;
  return records + bytes + keys + unnamed > 0 || !isExact || !areKeysExact;
}

/** A log of a state directory, or a segment of one. */
const IN_STORE = /(^|\/)wal\/\d+(\/wal-\d+\.log)?\/*$/;

/** The commands that put what was made in the place of what was damaged, which is kept. */
function moveCommands({ kind, path, lacksIndex }: RepairSummary, into: string, aside: string): string {
  const pairs =
    kind === 'state-file'
      ? [
          [path, aside],
          ...(lacksIndex === true ? [] : [[indexOf(path), indexOf(aside)]]),
          [indexOf(into), indexOf(path)],
          [into, path],
        ]
      : [
          [path, aside],
          [into, path],
        ];
  const [first, ...others] = pairs.map(([from, to]) => commandText('mv', from!, to!));
  return `run ${[first, ...others].join(', then ')}`;
}

function indexOf(path: string): string {
  return statePathsOf(path).index;
}

/** A store that is written to must not be moved from under its writer, and what it writes is not in the new place. */
function writerText(path: string, into: string, what: string, { held, pid, host }: LockStat): string {
  const who = pid === undefined ? 'a process' : `process ${pid} on ${host ?? 'this host'}`;
  if (held === 'yes')
    return `${what}, and ${who} goes on writing to ${path}: what it writes is not in ${into}; stop it${pid === undefined ? '' : ` (kill ${pid})`}, and run the repair again into another place`;
  return `${what}, and ${who} may still be writing to ${path}: look there (ps -p ${pid ?? 'PID'}); where it is, stop it, and run the repair again into another place`;
}
