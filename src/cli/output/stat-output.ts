import type {
  CheckpointStat,
  LockStat,
  SegmentStat,
  StatReport,
} from '../../engine/inspect/stat/stat-report.js';
import { formatSize } from '../values/size-text.js';
import { visibleText } from '../terminal/shown/visible-text.js';

type Line = readonly [name: string, text: string | undefined];

/**
 * The facts about a path, as lines of a name and its value: aligned for a terminal, separated by a tab for a
 * pipe. Several checkpoints and segments are a line each.
 */
export function statText(report: StatReport, isTerminal: boolean): string {
  const lines = linesOf(report, isTerminal).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, visibleText(text)] as const],
  );
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return lines.map(([name, text]) => `${isTerminal ? name.padEnd(width) : `${name}\t`}${text}\n`).join('');
}

function linesOf(report: StatReport, isTerminal: boolean): Line[] {
  const amount = (bytes: number): string => (isTerminal ? formatSize(bytes) : String(bytes));
  // On a terminal the unit says that they are bytes.
  const size: Size = (bytes) =>
    bytes === undefined ? undefined : `${isTerminal ? '' : 'bytes '}${amount(bytes)}`;
  const { keys, cores, keep, fragmentation } = report;
  return [
    ['path', report.path],
    ['kind', report.kind],
    ['keys', keys === undefined ? undefined : String(keys)],
    ['bytes', report.bytes === undefined ? undefined : amount(report.bytes)],
    ['fragmentation', fragmentation === undefined ? undefined : percent(fragmentation)],
    ['epoch', report.epoch],
    ['cores', cores === undefined ? undefined : String(cores)],
    ['keep', keep === undefined ? undefined : String(keep)],
    ['cursor', report.cursor === '' ? 'none' : report.cursor],
    ...Object.entries(report.sources ?? {}).map(([name, taken]): Line => ['source', `${name} ${taken}`]),
    ['watermark', report.watermark ?? undefined],
    ...(report.checkpoints ?? []).map((one): Line => ['checkpoint', checkpointText(one, size)]),
    ...(report.segments ?? []).map((one): Line => ['segment', segmentText(one, size)]),
    ...Object.entries(report.artifact ?? {}).map(([name, value]): Line => [
      name,
      typeof value === 'object' ? scopeText(value) : String(value),
    ]),
    ['lock', report.lock === undefined ? undefined : lockText(report.lock)],
    ['digest', report.digest],
    ...(report.notices ?? []).map((notice): Line => ['notice', notice]),
    ['problem', report.problem],
  ];
}

type Size = (bytes: number | undefined) => string | undefined;

function checkpointText(checkpoint: CheckpointStat, size: Size): string {
  const { epoch, keys, bytes, watermark, problem } = checkpoint;
  const sources = Object.entries(checkpoint.sources).map(([name, taken]) => `${name} ${taken}`);
  return listed([
    `epoch ${epoch}`,
    keys === undefined ? undefined : `keys ${keys}`,
    size(bytes),
    sources.length === 0 ? undefined : `sources ${sources.join(' ')}`,
    watermark === null ? undefined : `watermark ${watermark}`,
    problem === undefined ? undefined : `problem: ${problem}`,
  ]);
}

function segmentText(segment: SegmentStat, size: Size): string {
  const { epoch, coreId, records, bytes, position, problem } = segment;
  return listed([
    segment.segment,
    epoch === undefined ? undefined : `epoch ${epoch}`,
    `core ${coreId}`,
    records === undefined ? undefined : `records ${records}`,
    size(bytes),
    position === undefined ? undefined : `position ${position}`,
    problem === undefined ? undefined : `problem: ${problem}`,
  ]);
}

function lockText({ held, pid, host, since }: LockStat): string {
  const holder = pid === undefined ? undefined : `by process ${pid} on ${host ?? '?'} since ${since ?? '?'}`;
  const state = { yes: 'held', no: 'free', unknown: 'perhaps held' }[held];
  return [state, holder].filter((part) => part !== undefined).join(' ');
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)}%`;
}

function listed(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(', ');
}

/** The prefixes of a scope; that of all keys is empty. */
function scopeText(prefixes: readonly string[]): string {
  return prefixes.map((prefix) => (prefix === '' ? 'all keys' : visibleText(prefix))).join(', ');
}
