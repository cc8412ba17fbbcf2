import type { ReplicaStatus } from '../../engine/remote/replicate/replica-status.js';
import { formatSize } from '../values/size-text.js';
import { visibleText } from '../terminal/shown/visible-text.js';
import { timeText } from './list-output.js';

/** A question about a replica, and the answer. */
export interface ToldStatus {
  readonly url: string;
  readonly status: ReplicaStatus;
  /** The lag that is allowed, in milliseconds; undefined: any. */
  readonly maxLagMs: number | undefined;
}

/** True where the lag is allowed. */
export function isWithin({ status, maxLagMs }: ToldStatus): boolean {
  return maxLagMs === undefined || status.lagMs <= maxLagMs;
}

/** A replica's status as JSON. */
export function statusJson(told: ToldStatus): object {
  const { url, status, maxLagMs } = told;
  const { position, keys, storePosition, lagMs, increments, incrementBytes, verified } = status;
  return {
    url,
    position,
    keys,
    storePosition: storePosition ?? null,
    lagSeconds: seconds(lagMs),
    confirmed: timeText(status.confirmedMs),
    snapshot: timeText(status.snapshotMs),
    increments,
    incrementBytes,
    verified:
      verified === null
        ? null
        : {
            position: verified.position,
            at: timeText(verified.atMs),
            ageSeconds: seconds(status.verifiedAgeMs!),
          },
    ...(maxLagMs === undefined ? {} : { maxLagSeconds: seconds(maxLagMs), within: isWithin(told) }),
  };
}

/** A replica's status as lines of a name and its value: aligned for a terminal, separated by a tab for a pipe. */
export function statusText({ url, status }: ToldStatus, isTerminal: boolean): string {
  const { position, keys, storePosition, lagMs, increments, incrementBytes, verified } = status;
  const lines: (readonly [string, string])[] = [
    ['url', visibleText(url)],
    ['position', position],
    ['store', storePosition ?? '-'],
    ['lag', `${seconds(lagMs)} s`],
    ['confirmed', timeText(status.confirmedMs)],
    ['keys', String(keys)],
    ['snapshot', timeText(status.snapshotMs)],
    ['increments', `${increments}, ${isTerminal ? formatSize(incrementBytes) : `${incrementBytes} bytes`}`],
    ['verified', verified === null ? 'never' : `${verified.position} at ${timeText(verified.atMs)}`],
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return lines.map(([name, text]) => `${isTerminal ? name.padEnd(width) : `${name}\t`}${text}\n`).join('');
}

/** A replica's status as the textfile collector of Prometheus's node_exporter takes it. */
export function statusMetrics(told: ToldStatus): string {
  const { url, status } = told;
  const { lagMs, confirmedMs, snapshotMs, increments, incrementBytes, keys, verified } = status;
  const label = `{url="${url.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"}`;
  const metrics: (readonly [string, string, number])[] = [
    ['lag_seconds', 'How long ago the bucket was known to have all of the store.', seconds(lagMs)],
    ['within', '1 where the lag is allowed by --max-lag, else 0.', isWithin(told) ? 1 : 0],
    [
      'confirmed_timestamp_seconds',
      'When the bucket was last known to have all of it.',
      seconds(confirmedMs),
    ],
    ['snapshot_timestamp_seconds', 'When the newest whole snapshot was made.', seconds(snapshotMs)],
    ['increments', 'Increments that stand on it.', increments],
    ['increment_bytes', 'Bytes of these increments.', incrementBytes],
    ['keys', 'Keys in the newest moment.', keys],
    [
      'verified_timestamp_seconds',
      'When what is there was last verified; 0 for never.',
      seconds(verified?.atMs ?? 0),
    ],
  ];
  return metrics
    .map(([name, help, value]) => {
      const full = `statelog_replica_${name}`;
      return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${full}${label} ${value}\n`;
    })
    .join('');
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
