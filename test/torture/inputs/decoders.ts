import { readFileSync } from 'node:fs';
import { parseBatchLine } from '../../../src/cli/batch/batch-line.js';
import { decodeExportManifest as decodeArtifactManifest } from '../../../src/engine/artifact/format/manifest.js';
import { layoutLeft } from '../../../src/engine/repair/state/index-layout.js';
import { IndexWalk } from '../../../src/engine/repair/state/index-walk.js';
import { TarReader } from '../../../src/engine/artifact/read/tar-reader.js';
import { decodeCloseRecord, encodeCloseRecord } from '../../../src/engine/directory/manifest/close-record.js';
import { decodeManifest, encodeManifest } from '../../../src/engine/directory/manifest/manifest.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { layoutOfMap } from '../../../src/engine/rkyv/ordered-map/ordered-map-layout.js';
import { checkOrderedMap } from '../../../src/engine/rkyv/ordered-map/ordered-map-check.js';
import { OrderedMapWriter } from '../../../src/engine/rkyv/ordered-map/ordered-map-writer.js';
import { WalEntryView } from '../../../src/engine/rkyv/entry/wal-entry-view.js';
import { readIndexHead } from '../../../src/engine/state/format/index-head.js';
import { decodeStateHeader } from '../../../src/engine/state/format/state-header.js';
import { StateSnapshot } from '../../../src/engine/state/store/state-snapshot.js';
import { parseJsonLine } from '../../../src/engine/bytes/text/json-line.js';
import { parseExportLine } from '../../../src/engine/lines/export-lines.js';
import { MemorySource } from '../../../src/engine/bytes/byte-source.js';
import { entry, tar } from '../../engine/artifact/hostile-tars.js';
import { cursorRecord, deleteRecord, logOf, putRecord } from '../../engine/fold/log-bytes.js';
import { scanBytes } from '../../engine/fold/scan.js';
import { recordsOf } from '../../engine/rkyv/fixture-records.js';
import { MemoryFile } from '../../engine/wal/memory-file.js';
import { scanFile } from '../../engine/wal/scanned.js';
import { fixturePath } from '../../support/fixtures.js';

/** Reads may go over a file a few times, and a bit more for a short one. */
const PASSES_MAX = 12;
const FREE_BYTES = 256 * 1024;
const INDEX_HEADER_BYTES = 32;

/** Something that reads bytes of unknown origin. */
export interface Decoder {
  readonly name: string;
  /** How often it is tried, against the others. */
  readonly weight: number;
  readonly seeds: readonly Uint8Array[];
  /** Throws what is no refusal: a `StatelogError` is caught by the caller. */
  readonly decode: (bytes: Uint8Array) => void;
}

const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const fixture = (name: string): Uint8Array => Uint8Array.from(readFileSync(fixturePath(name)));

/** True where what was thrown is a refusal. */
export function isRefusal(thrown: unknown): boolean {
  return isStatelogError(thrown) && thrown.code !== 'INTERNAL';
}

const view = new WalEntryView();
const NO_SINK = {
  folder: () => undefined,
  startFile: () => true,
  write: () => undefined,
  endFile: () => undefined,
};

function orderedMap(count: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  const writer = new OrderedMapWriter(count, (bytes) => chunks.push(bytes.slice()));
  for (let index = 0; index < count; index++) {
    writer.add(utf8(`key:${String(index).padStart(4, '0')}`), index, 3);
  }
  writer.finish();
  return Uint8Array.from(Buffer.concat(chunks));
}

/** One that LaminarDB 0.16 wrote. */
function versionedMap(count: number): Uint8Array {
  return fixture(`laminar-0.16/old-${count}.idx`).subarray(INDEX_HEADER_BYTES);
}

function walkMap(bytes: Uint8Array): void {
  const source = new MemorySource(bytes);
  const map = new OrderedMapReader(source, 0, bytes.length, layoutOfMap(source, 0, bytes.length));
  map.find(utf8('key:0007'));
  const cursor = map.cursor();
  cursor.seek(utf8('key:0003'));
  cursor.previous();
  checkOrderedMap(map);
}

function scanSegment(bytes: Uint8Array): void {
  const file = new MemoryFile(bytes);
  scanFile(file, { tornTail: 'show' });
  const allowed = FREE_BYTES + PASSES_MAX * bytes.length;
  if (file.readBytes > allowed) throw new Error(`R7: ${file.readBytes} bytes read of ${bytes.length}`);
}

function closeRecord(): Uint8Array {
  const segment = { end: 240, records: 3, nextSequence: 9n, identity: '1:2', changedNs: 12n };
  return encodeCloseRecord({
    storeId: 'ab'.repeat(16),
    epoch: 7n,
    segments: [segment],
    foundation: ['1:2@3'],
  });
}

function manifest(): Uint8Array {
  const core = { nextSequence: 7n, lastTimestampNs: 1n, writePos: 4096, indexCrc: 5 };
  const checkpoint = {
    epoch: 3n,
    sources: new Map([['orders', 12n]]),
    watermark: undefined,
    cores: [core],
  };
  return encodeManifest({ storeId: new Uint8Array(16), cores: 1, keep: 2, checkpoints: [checkpoint] });
}

/** All that reads what others may have written. */
export function allDecoders(): Decoder[] {
  const entries = [...recordsOf(fixture('wal-ops/wal-0.log')), ...recordsOf(fixture('wal-cores/wal-1.log'))];
  const small = entries.filter(({ data }) => data.length <= 400);
  const segment = fixture('wal-cores/wal-0.log').subarray(0, 9136);
  const fold = logOf(putRecord('a', 'first', 1n), deleteRecord('b', 2n), cursorRecord(9n), putRecord('', ''));
  const snapshot = new StateSnapshot(
    [1, 2, 3].map((key) => ({ key: utf8(`key ${key}`), value: new Uint8Array(key * 20) })),
    5n,
  ).toBytes();
  const lines = [
    '{"statelog":1,"kind":"log","cursor":"0102"}',
    '{"key":"a","value":"b"}',
    '{"keyBase64":"AAE=","valueBase64":"/w==","version":"01ff"}',
    '{"op":"delete","key":"a"}',
    '{"end":{"keys":3,"digest":"ab"}}',
  ].map(utf8);
  const encodings = { key: 'utf8', value: 'utf8' } as const;
  return [
    {
      name: 'WAL entry',
      weight: 120,
      seeds: small.map(({ data }) => data),
      decode: (bytes) => {
        if (view.decode(bytes, 0, bytes.length) === undefined) view.operation();
      },
    },
    { name: 'segment', weight: 3, seeds: [segment.subarray(0, 1200), segment], decode: scanSegment },
    {
      name: 'ordered map',
      weight: 8,
      seeds: [...[1, 5, 40, 300].map(orderedMap), ...[1, 5, 80].map(versionedMap)],
      decode: walkMap,
    },
    {
      name: 'fold log',
      weight: 10,
      seeds: [fold, fixture('fold-no-cursor.snap')],
      decode: (bytes) => void scanBytes(bytes, { tornTail: 'show' }),
    },
    {
      name: 'state header',
      weight: 5,
      seeds: [fixture('state-one.db').subarray(0, 64)],
      decode: (bytes) => void decodeStateHeader(bytes, 'state.db'),
    },
    {
      name: 'index head',
      weight: 8,
      seeds: [fixture('state-small.idx'), fixture('state-one.idx')],
      decode: (bytes) => void readIndexHead(new MemoryFile(bytes).fileSystem, 0, 'state.idx'),
    },
    {
      name: 'damaged index',
      weight: 4,
      seeds: [
        ...['state-small.idx', 'state-one.idx'].map((name) => fixture(name).subarray(INDEX_HEADER_BYTES)),
        ...[7, 80].map(versionedMap),
      ],
      decode: (bytes) => {
        const source = new MemorySource(bytes);
        for (const _ of new IndexWalk(source, bytes.length, layoutLeft(source)).entries());
      },
    },
    {
      name: 'state snapshot',
      weight: 8,
      seeds: [snapshot],
      decode: (bytes) => void StateSnapshot.fromBytes(bytes),
    },
    {
      name: 'manifest',
      weight: 2,
      seeds: [manifest()],
      decode: (bytes) => void decodeManifest(bytes, 'MANIFEST.json'),
    },
    {
      name: 'close record',
      weight: 1,
      seeds: [closeRecord()],
      decode: (bytes) => void decodeCloseRecord(bytes),
    },
    {
      name: 'artifact manifest',
      weight: 2,
      seeds: [fixture('artifact/MANIFEST.json')],
      decode: (bytes) => void decodeArtifactManifest(bytes, 'MANIFEST.json'),
    },
    {
      name: 'tar',
      weight: 6,
      seeds: [tar(entry('./'), entry('MANIFEST.json', '{}'), entry('data/'), entry('data/a', 'x'))],
      decode: (bytes) => {
        const reader = new TarReader(NO_SINK, 'a tar');
        reader.push(bytes);
        reader.end();
      },
    },
    {
      name: 'NDJSON line',
      weight: 8,
      seeds: lines,
      decode: (bytes) => void parseExportLine(parseJsonLine(bytes)),
    },
    {
      name: 'batch line',
      weight: 8,
      seeds: lines,
      decode: (bytes) => void parseBatchLine(bytes, 1, { encodings, tsv: false, command: 'put' }),
    },
    {
      name: 'tabbed line',
      weight: 8,
      seeds: [utf8('key\tvalue'), utf8('k\\x00\\t\tv\\\\')],
      decode: (bytes) => void parseBatchLine(bytes, 1, { encodings, tsv: true, command: 'put' }),
    },
  ];
}
