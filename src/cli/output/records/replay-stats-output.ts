import { formatTime } from '../../../engine/bytes/text/time-text.js';
import type { RecordGroup, RecordGroups, Grouping } from '../../../engine/inspect/replay/record-groups.js';
import type { OperationStats, ReplayStats } from '../../../engine/inspect/replay/replay-stats.js';
import { tableText } from '../../terminal/shown/table.js';
import type { Terminal } from '../../terminal/terminal.js';
import type { Encoding } from '../../values/encoding.js';
import { shownText } from '../../terminal/shown/shown-text.js';
import { jsonField } from '../../text/json-fields.js';

/** How sums are printed. */
export interface StatsForm {
  readonly json: boolean;
  /** A fold log's records have no times. */
  readonly hasTimes: boolean;
  /** How keys are written. */
  readonly encoding: Encoding;
}

/** Stands where a group has nothing of a kind. */
const ABSENT = '-';

/**
 * Prints sums by operation, and those by another property before them: tables for a terminal, tab-separated lines for a pipe,
 * an object a group and one for all with `--json`.
 * @param form `isComplete` is false where reading was interrupted
 */
export async function writeReplayStats(
  terminal: Terminal,
  stats: ReplayStats,
  groups: RecordGroups | undefined,
  form: StatsForm & { readonly isComplete: boolean },
): Promise<void> {
  const { output } = terminal;
  if (form.json) {
    for (const group of groups?.groups ?? []) {
      output.writeText(`${JSON.stringify({ group: groupJson(groups!.by, group, form) })}\n`);
      if (output.isFull && !(await output.flush())) return;
    }
    output.writeText(`${JSON.stringify({ stats: statsJson(stats, form) })}\n`);
  } else {
    if (groups !== undefined) await writeRows(terminal, headOf(groups.by, form), groupRows(groups, form));
    const total = ['all', String(stats.records), String(stats.bytes)];
    const rows = [...stats.operations.map((one) => rowOf(one, form)), total];
    const times = form.hasTimes ? ['FIRST', 'LAST'] : [];
    await writeRows(terminal, ['OPERATION', 'RECORDS', 'BYTES', ...times], rows);
  }
  await output.flush();
}

async function writeRows(
  { output, outputIsTerminal, outputColumns }: Terminal,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<void> {
  const padded = rows.map((row) => [...row, ...head.slice(row.length).map(() => '')]);
  output.writeText(
    outputIsTerminal
      ? await tableText(head, padded, outputColumns)
      : rows.map((row) => `${row.join('\t').trimEnd()}\n`).join(''),
  );
}

function rowOf({ operation, count, bytes, ...times }: OperationStats, { hasTimes }: StatsForm): string[] {
  return [operation, String(count), String(bytes), ...(hasTimes ? timesOf(times) : [])];
}

function timesOf(sum: Pick<RecordGroup, 'firstTimestampNs' | 'lastTimestampNs'>): string[] {
  return [formatTime(sum.firstTimestampNs), formatTime(sum.lastTimestampNs)];
}

function headOf(by: Grouping, { hasTimes }: StatsForm): string[] {
  const last = by === 'core' ? ['EPOCH', 'SEQUENCE'] : [];
  const times = hasTimes ? ['FIRST', 'LAST'] : [];
  return [by.toUpperCase(), 'RECORDS', 'BYTES', 'PUTS', 'DELETES', ...times, ...last];
}

function groupRows(groups: RecordGroups, { hasTimes, encoding }: StatsForm): string[][] {
  return groups.groups.map((group) => [
    textOf(groups.by, group, encoding),
    ...[group.records, group.bytes].map(String),
    ...['put', 'delete'].map((name) => String(group.operations.get(name) ?? 0)),
    ...(hasTimes ? timesOf(group) : []),
    ...(group.last === undefined ? [] : [String(group.last.epoch), String(group.last.sequence)]),
  ]);
}

function textOf(by: Grouping, { label, isRest }: RecordGroup, encoding: Encoding): string {
  if (isRest) return 'others';
  if (label === null) return ABSENT;
  if (by === 'prefix') return shownText(bytesOf(String(label)), encoding);
  return by === 'minute' ? minuteText(label as bigint) : String(label);
}

/** A prefix has a character for each byte. */
function bytesOf(label: string): Uint8Array {
  return Buffer.from(label, 'latin1');
}

/** `2026-11-29T17:36Z`. */
function minuteText(startNs: bigint): string {
  return `${formatTime(startNs).replace(/:\d{2}\.\d+Z$/, '')}Z`;
}

function labelJson(
  by: Grouping,
  { label, isRest }: RecordGroup,
  encoding: Encoding,
): Record<string, string | number | null> {
  const name = by === 'core' ? 'coreId' : by;
  if (isRest || label === null) return { [name]: null };
  if (by === 'core') return { coreId: Number(label) };
  if (by === 'minute') return { minute: minuteText(label as bigint) };
  if (by === 'epoch') return { epoch: String(label) };
  const [[key, text]] = Object.entries(jsonField('key', bytesOf(String(label)), encoding)) as [
    [string, string],
  ];
  return { [key.replace('key', 'prefix')]: text };
}

function groupJson(by: Grouping, group: RecordGroup, { hasTimes, encoding }: StatsForm): unknown {
  const { isRest, records, bytes, operations, last } = group;
  return {
    by,
    ...labelJson(by, group, encoding),
    ...(isRest ? { others: true } : {}),
    records,
    bytes,
    operations: Object.fromEntries(operations),
    ...(hasTimes ? timesJson(group) : {}),
    ...(last === undefined
      ? {}
      : {
          last: {
            segment: last.path,
            offset: last.offset,
            epoch: String(last.epoch),
            sequence: String(last.sequence),
            timestampNs: String(last.timestampNs),
            time: formatTime(last.timestampNs),
          },
        }),
  };
}

function timesJson({
  firstTimestampNs,
  lastTimestampNs,
}: Pick<RecordGroup, 'firstTimestampNs' | 'lastTimestampNs'>): Record<string, string> {
  return {
    firstTimestampNs: String(firstTimestampNs),
    firstTime: formatTime(firstTimestampNs),
    lastTimestampNs: String(lastTimestampNs),
    lastTime: formatTime(lastTimestampNs),
  };
}

function statsJson(
  stats: ReplayStats,
  { isComplete, hasTimes }: StatsForm & { isComplete: boolean },
): unknown {
  const operations = stats.operations.map(({ operation, count, bytes, ...times }) => [
    operation,
    { count, bytes, ...(hasTimes ? timesJson(times) : {}) },
  ]);
  return {
    complete: isComplete,
    records: stats.records,
    bytes: stats.bytes,
    operations: Object.fromEntries(operations) as unknown,
  };
}
