import type { OperationStats, ReplayStats } from '../../../engine/inspect/replay/replay-stats.js';
import { tableText } from '../../terminal/table.js';
import type { Terminal } from '../../terminal/terminal.js';
import { formatTime } from '../../../engine/bytes/text/time-text.js';

const HEAD = ['OPERATION', 'RECORDS', 'BYTES', 'FIRST', 'LAST'];

/**
 * Prints sums by operation: a table for a terminal, tab-separated lines for a pipe, one object for
 * `--json`.
 * @param isComplete false where reading was interrupted
 */
export async function writeReplayStats(
  { output, outputIsTerminal, outputColumns }: Terminal,
  stats: ReplayStats,
  options: { readonly json: boolean; readonly isComplete: boolean },
): Promise<void> {
  if (options.json) {
    output.writeText(`${JSON.stringify({ stats: statsJson(stats, options.isComplete) })}\n`);
  } else {
    const rows = stats.operations.map(rowOf);
    const total = ['all', String(stats.records), String(stats.bytes), '', ''];
    output.writeText(
      outputIsTerminal
        ? await tableText(HEAD, [...rows, total], outputColumns)
        : [...rows, total].map((row) => `${row.join('\t').trimEnd()}\n`).join(''),
    );
  }
  await output.flush();
}

function rowOf({ operation, count, bytes, firstTimestampNs, lastTimestampNs }: OperationStats): string[] {
  return [operation, String(count), String(bytes), formatTime(firstTimestampNs), formatTime(lastTimestampNs)];
}

function statsJson(stats: ReplayStats, complete: boolean): unknown {
  const operations = stats.operations.map(({ operation, count, bytes, ...times }) => [
    operation,
    {
      count,
      bytes,
      firstTimestampNs: String(times.firstTimestampNs),
      lastTimestampNs: String(times.lastTimestampNs),
    },
  ]);
  return {
    complete,
    records: stats.records,
    bytes: stats.bytes,
    operations: Object.fromEntries(operations) as unknown,
  };
}
