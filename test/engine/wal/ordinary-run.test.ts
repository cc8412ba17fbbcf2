import test from 'ava';
import fc from 'fast-check';
import { writeU32 } from '../../../src/engine/bytes/halves.js';
import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { toUtf8 as utf8 } from '../../../src/engine/bytes/text/text.js';
import { applyRecord } from '../../../src/engine/directory/read/replay.js';
import type { Finding } from '../../../src/engine/finding.js';
import { ROOT, ROOT_BYTES, type WalEntry } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import type { PassedChanges } from '../../../src/engine/wal/record/ordinary-run.js';
import { WalScanner, type WalScanOptions } from '../../../src/engine/wal/scan/scanner.js';
import { MemoryFile } from './memory-file.js';
import { entryOf, recordOf } from './segment-builder.js';

/** Enough that checksums are computed in batches. */
const RECORDS = 3000;
const MIB = 1024 * 1024;
const key = utf8('key');

interface Scanned {
  readonly findings: readonly (Finding & { readonly after: number })[];
  readonly records: number;
  readonly goodEnd: number;
  readonly nextSequence: bigint | undefined;
  readonly lastEpoch: bigint | undefined;
  readonly lastTimestampNs: bigint | undefined;
  readonly hasLags: boolean;
  readonly tail: string;
  /** Each put and delete, in order. */
  readonly changes: string;
  /** Records that were passed without a look at each. */
  readonly passed: number;
}

/** Tells changes: of records that are passed as of those that are looked at. */
class ToldChanges implements PassedChanges {
  readonly #told: Uint8Array[] = [];

  get text(): string {
    return Buffer.concat(this.#told).toString('latin1');
  }

  putFrom(
    ...[key, start, length, value, valueStart, valueLength]: Parameters<PassedChanges['putFrom']>
  ): void {
    this.#told.push(key.slice(start, start + length), value.slice(valueStart, valueStart + valueLength));
  }

  deleteFrom(key: Uint8Array, start: number, length: number): void {
    this.#told.push(utf8('deleted'), key.slice(start, start + length));
  }
}

function scan(bytes: Uint8Array, passes: boolean, options: WalScanOptions): Scanned {
  const scanner = WalScanner.open('wal-0.log', { ...options, fileSystem: new MemoryFile(bytes).fileSystem });
  const findings: (Finding & { readonly after: number })[] = [];
  const changes = new ToldChanges();
  let passed = 0;
  for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
    if (event === 'finding') findings.push({ ...scanner.finding!, after: scanner.records });
    else {
      applyRecord(scanner.view, changes, { sources: new Map(), watermark: undefined });
      const before = scanner.records;
      if (passes) scanner.passOrdinary(changes);
      passed += scanner.records - before;
    }
  }
  const { records, goodEnd, nextSequence, lastEpoch, lastTimestampNs, hasLags, tail } = scanner;
  const told = { findings, changes: changes.text };
  return { ...told, records, goodEnd, nextSequence, lastEpoch, lastTimestampNs, hasLags, tail, passed };
}

/** A change of one record's fields, or of its bytes once it was made. */
type Change = (entry: Partial<WalEntry>) => Partial<WalEntry> | ((record: Uint8Array) => Uint8Array);

/** Puts a word into an entry's root, and the checksum right. */
function withWord(at: number, word: number): (record: Uint8Array) => Uint8Array {
  return (record) => {
    writeU32(record, record.length - ROOT_BYTES + at, word);
    writeU32(record, 4, crc32c(record, 8));
    return record;
  };
}

const CHANGES: readonly Change[] = [
  () => (record) => Uint8Array.from(record, (byte, at) => (at === 5 ? byte ^ 1 : byte)),
  () => (record) => Uint8Array.from(record, (byte, at) => (at === 20 ? byte ^ 1 : byte)),
  () => (record) => Uint8Array.from([...record, 7]),
  () => (record) => record.slice(8),
  () => withWord(ROOT.key, -8),
  () => withWord(ROOT.key + 4, 0x7fff_ffff),
  () => withWord(ROOT.key + 4, 0xffff_fff0),
  () => withWord(ROOT.value, -2_000_000),
  () => withWord(ROOT.value + 4, 0xffff_ff00),
  () => withWord(ROOT.tag, 9),
  () => withWord(ROOT.tag, 0x100),
  () => withWord(ROOT.lagMark - 2, 0x0002_0000),
  () => ({ coreId: 3 }),
  () => ({ epoch: 2n }),
  () => ({ epoch: 0n }),
  () => ({ lag: undefined }),
  ({ timestampNs }) => ({ timestampNs: timestampNs! - 1_000_000n }),
  () => ({ timestampNs: -1n }),
  ({ sequence }) => ({ sequence: sequence! + 5n }),
  ({ sequence }) => ({ sequence: sequence! - 1n }),
  () => ({ operation: { op: 'epochBarrier', barrierEpoch: 1n } }),
  () => ({ operation: { op: 'checkpoint', id: 1n } }),
  () => ({ operation: { op: 'commit', offsets: new Map([['a', 1n]]), watermark: undefined } }),
  () => ({ operation: { op: 'delete', key } }),
];

function segment(changes: ReadonlyMap<number, Change>, first: bigint): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < RECORDS; index++) {
    const sequence = first + BigInt(index);
    const timestampNs = 1_770_000_000_000_000_000n + BigInt(index);
    const value = new Uint8Array(index % 160).fill(index);
    const entry = { sequence, timestampNs, lag: 0, operation: { op: 'put', key, value } } as const;
    const change = changes.get(index)?.(entry);
    const record = recordOf(entryOf({ ...entry, ...(typeof change === 'object' ? change : {}) }));
    pieces.push(typeof change === 'function' ? change(record) : record);
  }
  return Uint8Array.from(Buffer.concat(pieces));
}

test('passing over ordinary records comes to what reading each of them does, whatever is among them', (t) => {
  let passedMost = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(RECORDS - 1), fc.constantFrom(...CHANGES)), { maxLength: 6 }),
      fc.constantFrom(0n, 0xffff_f800n, 0xffff_ffff_ffff_f000n),
      fc.constantFrom({}, { epoch: 1n }, { isClosed: true }, { coreId: 0, expectedSequence: 0n }),
      (changes, first, options) => {
        const bytes = segment(new Map(changes), first);
        const { passed, ...one } = scan(bytes, true, { blockBytes: MIB, ...options });
        const { passed: none, ...other } = scan(bytes, false, { blockBytes: MIB, ...options });
        t.is(none, 0);
        t.deepEqual(one, other);
        passedMost = Math.max(passedMost, passed);
      },
    ),
    { numRuns: 60 },
  );
  t.true(passedMost > RECORDS / 2);
});
