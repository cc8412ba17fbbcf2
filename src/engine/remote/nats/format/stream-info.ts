import type { BucketState } from '../source/change-source.js';
import { subjectStart } from './bucket-key.js';

const NS_A_MS = 1_000_000;

/** A bucket as JetStream describes its stream. */
export interface StreamInfo extends BucketState {
  /** The start of its messages' subjects: those of a mirror have the name of the bucket that it mirrors. */
  readonly subjectStart: string;
}

/**
 * Reads the answer to STREAM.INFO.
 * @returns undefined where it lacks what every server says
 */
export function parseStreamInfo(bucket: string, fields: Record<string, unknown>): StreamInfo | undefined {
  const config = record(fields['config']);
  const { first_seq: first, last_seq: last } = record(fields['state']);
  const { created, ts } = fields;
  if (typeof created !== 'string' || !isSequence(first) || !isSequence(last)) return undefined;
  const { max_age: age, max_bytes: bytes, max_msgs: messages, discard, allow_msg_ttl: ttl, mirror } = config;
  const isLimited = Number(bytes ?? -1) > 0 || Number(messages ?? -1) > 0;
  const { name: mirrored } = record(mirror);
  return {
    created,
    firstRevision: BigInt(first),
    lastRevision: BigInt(last),
    retention: {
      maxAgeMs: Number(age ?? 0) / NS_A_MS,
      // The server leaves out what is its default, and `old` is.
      evictsOtherwise: ttl === true || ((discard ?? 'old') === 'old' && isLimited),
    },
    serverTimeMs: typeof ts === 'string' ? Date.parse(ts) : undefined,
    subjectStart: subjectStart(
      typeof mirrored === 'string' && mirrored.startsWith('KV_') ? mirrored.slice('KV_'.length) : bucket,
    ),
  };
}

function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function record(value: unknown): Record<string, unknown> {
  return Object(value) as Record<string, unknown>;
}
