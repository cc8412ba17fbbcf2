import { readFileSync } from 'node:fs';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import type { Finding } from '../../../src/engine/finding.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { FoldScanner } from '../../../src/engine/fold/scan/scanner.js';
import { fixturePath } from '../../support/fixtures.js';
import { makeSteps } from '../../engine/fold/crash-workload.js';
import { memoryFile } from '../../engine/fold/scan.js';
import { MemoryFile } from '../../engine/wal/memory-file.js';
import { scanFile } from '../../engine/wal/scanned.js';
import { ownSegment } from '../../engine/wal/segment-builder.js';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { checkRecords, type Part, type Seen, type Subject } from './subject.js';

const FOLD_HEADER_BYTES = 6;

function scanSegment(bytes: Uint8Array): Seen {
  const { records, findings } = scanFile(new MemoryFile(bytes), { tornTail: 'show' });
  return { parts: records.map(({ offset, bytes: length }) => ({ offset, length })), findings };
}

function segment(name: string, bytes: Uint8Array): Subject {
  const { parts } = scanSegment(bytes);
  return {
    name,
    bytes,
    check: (changed, change) => {
      checkRecords(parts, 0, scanSegment(changed), changed.length, change);
    },
  };
}

function scanFold(bytes: Uint8Array): Seen {
  const source = { fileSystem: memoryFile(bytes), descriptor: 0, path: 'memory', size: bytes.length };
  const scanner = new FoldScanner(source, { tornTail: 'show' });
  const parts: Part[] = [];
  const findings: Finding[] = [];
  for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
    if (step === 'finding') findings.push(scanner.finding!);
    else parts.push({ offset: scanner.record.offset, length: scanner.record.length });
  }
  return { parts, findings };
}

/** A fold log; its header is told of by itself, and is no record. */
function fold(name: string, bytes: Uint8Array): Subject {
  const { parts } = scanFold(bytes);
  return {
    name,
    bytes,
    check: (changed, change) => {
      const isInHeader =
        change.kind === 'cut' ? change.length < FOLD_HEADER_BYTES : change.byte < FOLD_HEADER_BYTES;
      const seen = scanFold(changed);
      if (!isInHeader) {
        checkRecords(parts, FOLD_HEADER_BYTES, seen, changed.length, change);
      } else if (changed.length > 0 && seen.findings.length === 0) {
        throw new Error('R2: a changed header was taken');
      }
    },
  };
}

function ownFold(): Uint8Array {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory('/store');
  const { store } = AppendLogFold.open('/store/a.snap', Infinity, { fileSystem });
  for (const { batch, cursor } of makeSteps(6, 6, 80)) store.apply(batch, WatchCursor.fromU64(cursor ?? 1n));
  store.apply([KvUpdate.put('', new Uint8Array(5000), VersionToken.unknown())], WatchCursor.none());
  store.close();
  return fileSystem.disk.fileBytes('/store/a.snap');
}

const fixture = (name: string): Uint8Array => Uint8Array.from(readFileSync(fixturePath(name)));

/** Segments and fold logs: the originals' and our own. */
export function logSubjects(): Subject[] {
  const cores = [0, 1, 2, 3].map((core) => `wal-cores/wal-${core}.log`);
  const folds = ['fold-log.snap', 'fold-compact.snap', 'fold-no-cursor.snap', 'fold-empty.snap'];
  return [
    ...['wal-ops/wal-0.log', ...cores].map((name) => segment(name, fixture(name))),
    segment(
      'our segment, a sync a record',
      ownSegment({ groups: Array<number>(30).fill(1), delay: 0 }).bytes,
    ),
    segment('our segment, in groups', ownSegment({ groups: [1, 5, 2, 12, 1, 14], delay: 1 }).bytes),
    ...folds.map((name) => fold(name, fixture(name))),
    fold('our fold log', ownFold()),
  ];
}
