import { crc32c } from '../../bytes/crc/checksum.js';
import { fromUtf8, toUtf8 } from '../../bytes/text/text.js';
import type { ClosedSegment } from '../../wal/scan/closed-segment.js';

const FORMAT = 1;
const CRC_DIGITS = 8;
const DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/;

/** The record of a clean close: where the live log ended, and which files were on disk then. */
export interface CloseRecord {
  /** Id of the store, in hex. */
  readonly storeId: string;
  /** The live epoch. */
  readonly epoch: bigint;
  /** One for each core, by its id. */
  readonly segments: readonly ClosedSegment[];
  /** The files that the store stood on (closed-store.ts). */
  readonly foundation: readonly string[];
}

/** The record as a line of JSON; the last field is the crc32c of all before it. */
export function encodeCloseRecord({ storeId, epoch, segments, foundation }: CloseRecord): Uint8Array {
  const body = JSON.stringify({
    format: FORMAT,
    storeId,
    epoch: String(epoch),
    segments: segments.map(({ end, records, nextSequence, identity, changedNs }) => ({
      end,
      records,
      nextSequence: String(nextSequence),
      identity,
      changedNs: String(changedNs),
    })),
    foundation,
  });
  return toUtf8(`${body} ${sumOf(body)}\n`);
}

/** Undefined for anything but a whole record: it is written in place and not synced, so a power loss may leave any part of it. */
export function decodeCloseRecord(bytes: Uint8Array): CloseRecord | undefined {
  const text = fromUtf8(bytes);
  const bodyEnd = (text?.length ?? 0) - CRC_DIGITS - 2;
  if (text === undefined || bodyEnd < 0) return undefined;
  const body = text.slice(0, bodyEnd);
  if (text.slice(bodyEnd) !== ` ${sumOf(body)}\n`) return undefined;
  return fromParsed(parsedOrUndefined(body));
}

function parsedOrUndefined(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Reads a record, and checks each field: anybody who can write the file can make the checksum fit. */
function fromParsed(parsed: unknown): CloseRecord | undefined {
  if (!isObject(parsed) || parsed.format !== FORMAT) return undefined;
  const { storeId, foundation } = parsed;
  const epoch = unsignedOf(parsed.epoch);
  const segments = Array.isArray(parsed.segments) ? parsed.segments.map(segmentOf) : [undefined];
  const isWhole =
    typeof storeId === 'string' &&
    epoch !== undefined &&
    segments.every((segment) => segment !== undefined) &&
    Array.isArray(foundation) &&
    foundation.every((mark) => typeof mark === 'string');
  return isWhole ? { storeId, epoch, segments, foundation } : undefined;
}

function segmentOf(parsed: unknown): ClosedSegment | undefined {
  if (!isObject(parsed)) return undefined;
  const { end, records, identity } = parsed;
  const nextSequence = unsignedOf(parsed.nextSequence);
  const changedNs = unsignedOf(parsed.changedNs);
  if (!isCount(end) || !isCount(records) || typeof identity !== 'string') return undefined;
  if (nextSequence === undefined || changedNs === undefined) return undefined;
  return { end, records, nextSequence, identity, changedNs };
}

/** The fields of a record before their types are checked. */
type Fields = Partial<Record<keyof CloseRecord | keyof ClosedSegment | 'format', unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function unsignedOf(value: unknown): bigint | undefined {
  return typeof value === 'string' && DECIMAL.test(value) ? BigInt(value) : undefined;
}

function sumOf(body: string): string {
  return crc32c(toUtf8(body)).toString(16).padStart(CRC_DIGITS, '0');
}
