import { readFileSync } from 'node:fs';
import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { readU32 } from '../../../src/engine/bytes/halves.js';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import type { WalEntry } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { fixturePath } from '../../support/fixtures.js';

const RECORD_HEADER_BYTES = 8;

/** One record of a segment: where it starts, and its entry's bytes. */
export interface FixtureRecord {
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The records of a segment that is known to be good. */
export function recordsOf(segment: Uint8Array): FixtureRecord[] {
  const records: FixtureRecord[] = [];
  for (let at = 0; at < segment.length;) {
    const length = readU32(segment, at);
    const data = segment.slice(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length);
    if (crc32c(data) !== readU32(segment, at + 4)) throw new Error(`the record at ${at} is bad`);
    records.push({ offset: at, data });
    at += RECORD_HEADER_BYTES + length;
  }
  return records;
}

/** The bytes of a fixture. */
export function fixtureBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fixturePath(name)));
}

/** The lines of a fixture's `.ndjson`. */
export function fixtureLines(name: string): Record<string, unknown>[] {
  const lines = readFileSync(fixturePath(name), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** An entry as the fixtures' `.ndjson` shows it, without its place in the file. */
export function entryAsLine(entry: WalEntry): Record<string, unknown> {
  const common = {
    coreId: entry.coreId,
    epoch: String(entry.epoch),
    sequence: String(entry.sequence),
    timestampNs: String(entry.timestampNs),
  };
  const { operation } = entry;
  switch (operation.op) {
    case 'put':
      return { ...common, op: 'put', key: toHex(operation.key), value: toHex(operation.value) };
    case 'delete':
      return { ...common, op: 'delete', key: toHex(operation.key) };
    case 'checkpoint':
      return { ...common, op: 'checkpoint', id: String(operation.id) };
    case 'commit':
      return {
        ...common,
        op: 'commit',
        offsets: Object.fromEntries([...operation.offsets].map(([name, offset]) => [name, String(offset)])),
        watermark: operation.watermark === undefined ? null : String(operation.watermark),
      };
    case 'epochBarrier':
      return { ...common, op: 'epochBarrier', barrierEpoch: String(operation.barrierEpoch) };
  }
}
