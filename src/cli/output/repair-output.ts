import { commandText, replayHint } from '../../engine/bytes/text/command-hints.js';
import { statePathsOf } from '../../engine/state/format/state-paths.js';
import { formatTime } from '../../engine/bytes/text/time-text.js';
import type { LockStat } from '../../engine/inspect/stat/stat-report.js';
import type {
  LostKey,
  RepairEvent,
  RepairSummary,
  SourcePosition,
} from '../../engine/repair/account/report.js';
import { countedText } from '../text/counted-text.js';
import { encodeText, type Encoding } from '../command/encoding.js';
import { findingText } from '../errors/finding-text.js';
import { jsonField } from '../text/json-fields.js';
import { filledLine, filledText, notTakenLine } from './filled-output.js';
import { mendedLine } from './mended-output.js';
import { redactedKey, redactedText } from '../text/redaction.js';
import { formatSize } from '../command/size-text.js';
import { visibleText } from '../terminal/visible-text.js';

/** How a repair's lines are written. */
export interface RepairLineForm {
  readonly json: boolean;
  readonly keyEncoding: Encoding;
  /** Names that are not certain may be bytes of a value: their length and digest stand there. */
  readonly redact: boolean;
}

/** One thing that a repair tells, as a line: JSON, or for people. */
export function repairEventLine(
  event: Exclude<RepairEvent, { readonly progress: unknown }>,
  form: RepairLineForm,
): string {
  if ('finding' in event) {
    // The repair already does what the hint of a finding asks for.
    const finding = { ...event.finding, hint: undefined };
    return form.json ? JSON.stringify({ finding }) : findingText(finding);
  }
  if ('source' in event) return form.json ? sourceJson(event.source) : sourceText(event.source);
  if ('filled' in event) return filledLine(event.filled, form);
  if ('notTaken' in event) return notTakenLine(event.notTaken, form);
  if ('mended' in event) return mendedLine(event.mended, form);
  return form.json ? lostKeyJson(event.lostKey, form) : lostKeyText(event.lostKey, form);
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

function lostKeyJson(lost: LostKey, { keyEncoding, redact }: RepairLineForm): string {
  const { key, op, file, offset, fallsBack, sequence, timestampNs, older } = lost;
  const name = redact && !fallsBack ? redactedKey(key) : jsonField('key', key, keyEncoding);
  const record = { sequence: sequence?.toString(), timestampNs: timestampNs?.toString() };
  const value = older === undefined ? {} : { older: { valueBytes: older.bytes, valueDigest: older.digest } };
  return JSON.stringify({ lostKey: { ...name, op, file, offset, fallsBack, ...record, ...value } });
}

function lostKeyText(lost: LostKey, { keyEncoding, redact }: RepairLineForm): string {
  const { key, op, file, offset, fallsBack, older } = lost;
  const plain = encodeText(key, keyEncoding) ?? `base64 ${Buffer.from(key).toString('base64')}`;
  const name = redact && !fallsBack ? `a key of ${redactedText(key)}` : plain;
  const outcome = fallsBack
    ? `it falls back to the value that it had before${older === undefined ? '' : ` (${older.bytes} bytes, blake3 ${older.digest})`}`
    : 'no older value of it was kept, if this is its name';
  return visibleText(`lost: ${op} of ${name}: ${file}, byte ${offset}${recordText(lost)}: ${outcome}`);
}

/** The number and time of a lost record, as the end of its place. */
function recordText({ sequence, timestampNs }: LostKey): string {
  const number = sequence === undefined ? '' : `, sequence ${sequence}`;
  return timestampNs === undefined ? number : `${number}, of ${formatTime(timestampNs)}`;
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
  const lostKeys = countedText(lost.keys, 'key');
  const outcome = [
    `kept ${countedText(kept.records, 'record')}, ${formatSize(kept.bytes)}, ${keys}`,
    `lost ${countedText(lost.records, 'record')}, ${formatSize(lost.bytes)}, ${lostKeys}`,
    ...(filled === undefined ? [] : [filledText(filled)]),
    ...(mended === 0 ? [] : [`mended ${countedText(mended, 'place')}`]),
    ...(madeEmpty.length === 0 ? [] : [emptyText(madeEmpty)]),
    ...copies.map((copy) => `copy in ${copy}`),
  ].join('; ');
  const place = into === null ? path : `${path} into ${into}`;
  return visibleText(`${place}: ${outcome}${dryRun ? '; nothing was written' : ''}`);
}

/** Nobody is to take an empty segment for that of a core which wrote nothing. */
function emptyText(names: readonly string[]): string {
  return `empty, since ${names.length === 1 ? 'it is' : 'they are'} missing in the source: ${names.join(', ')}`;
}

/** The next step after a repair, as a line; undefined if nothing is left to do. */
export function repairNextLine(summary: RepairSummary): string | undefined {
  const { kind, path, into, aside, dryRun, gaps, isWhole, writer } = summary;
  if (into === null || aside === undefined || dryRun || kind === 'artifact-folder' || kind === 'artifact-tar')
    return undefined;
  const moves = moveCommands(summary, into, aside);
  if (kind === 'wal-segment' || kind === 'wal-folder') {
    const store = gaps === 0 ? [] : [replayHint(into)];
    // A store's own log is numbered on: what has a gap cannot take its place.
    if (IN_STORE.test(path)) return store[0];
    return [...store, `to use ${into} in the place of ${path}, ${moves}`].join('; or, ');
  }
  const what = isWhole ? `${into} is whole` : `${into} is sound, but for what was lost`;
  if (writer !== undefined) return writerText(path, into, what, writer);
  return `${what}; to use it instead, ${moves}`;
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
