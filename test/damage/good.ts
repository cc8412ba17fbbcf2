import path from 'node:path';
import { StateDirectory } from '../../src/engine/directory/state-directory.js';
import { AppendLogSnapshot } from '../../src/engine/artifact/backends/append-log-snapshot.js';
import { FoldScanner } from '../../src/engine/fold/scan/scanner.js';
import { KvUpdate } from '../../src/engine/fold/format/update.js';
import { VersionToken } from '../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../src/engine/fold/format/watch-cursor.js';
import { realFileSystem } from '../../src/engine/storage-io/real/real-file-system.js';
import { prepareExport } from '../../src/engine/transfer/export-store.js';
import { CoreWalWriter } from '../../src/engine/wal/write/writer.js';
import { WalScanner } from '../../src/engine/wal/scan/scanner.js';

/* What damage is done to: one of each kind, whole, the same each time but for times and ids. */

const fileSystem = realFileSystem();
/** What is in all of them: keys, and values long enough for several pages. */
const KEYS = 40;
const VALUE_BYTES = 600;

/** A record of a log and its extent. */
export interface PlacedRecord {
  readonly offset: number;
  readonly bytes: number;
}

/** The key of a number. */
export function keyOf(number: number): Uint8Array {
  return Buffer.from(`key-${String(number).padStart(3, '0')}`);
}

/** What stands in every value, and nowhere else. */
export const SECRET = 'ZQXJ';

/** The value of a number, another in each round. */
export function valueOf(number: number, round = 0): Uint8Array {
  return Buffer.alloc(VALUE_BYTES, `${SECRET}-${round}-${number}, `);
}

/** A segment of ours with 20 puts, each synced before the next. */
export function goodSegment(file: string): void {
  const writer = CoreWalWriter.create(0, file, { start: { epoch: 1n } });
  for (let number = 0; number < 20; number++) {
    writer.appendPut(keyOf(number), valueOf(number));
    writer.sync();
  }
  writer.close();
}

/** A fold log of five applies, four puts and a delete each, closed. */
export function goodLog(file: string): void {
  const { store } = AppendLogSnapshot.open(file, Infinity);
  for (let round = 0; round < 5; round++) {
    const numbers = [0, 1, 2, 3].map((index) => round * 4 + index);
    const puts = numbers.map((number) =>
      KvUpdate.put(keyOf(number), valueOf(number), VersionToken.fromU64(BigInt(number + 1))),
    );
    store.apply([...puts, KvUpdate.delete(keyOf(round))], WatchCursor.fromU64(BigInt(round + 1)));
  }
  store.close();
}

/** A state directory of two cores, with two checkpoints, the log between them and one after them. */
export async function goodDirectory(root: string): Promise<void> {
  StateDirectory.create(root, { cores: 2 });
  const store = await StateDirectory.open(root);
  for (let round = 1; round <= 3; round++) {
    for (let number = 0; number < KEYS; number++) {
      store.put(keyOf(number), valueOf(number, round));
      await store.sync();
    }
    if (round < 3) await store.checkpoint();
  }
  store.close();
}

/** An artifact of a fold log (`*.snap`) or a state directory. */
export function goodArtifact(source: string, destination: string): void {
  const prepared = prepareExport({ source, createdAtUnix: 0, scratchBeside: destination });
  prepared.writeTo(destination, path.extname(destination) === '.tar' ? 'tar' : 'folder');
  prepared.close();
}

/** The records of a whole segment, in their order. */
export function recordsOfSegment(file: string): PlacedRecord[] {
  const scanner = WalScanner.open(file);
  const records: PlacedRecord[] = [];
  for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
    if (event === 'finding') throw new Error(`${file} is not whole: ${scanner.finding!.message}`);
    records.push({ offset: scanner.offset, bytes: scanner.recordBytes });
  }
  scanner.close();
  return records;
}

/** The records of a whole fold log, in their order. */
export function recordsOfLog(file: string): PlacedRecord[] {
  const descriptor = fileSystem.openRead(file);
  const { size } = fileSystem.statusOf(descriptor);
  const scanner = new FoldScanner({ fileSystem, descriptor, path: file, size });
  const records: PlacedRecord[] = [];
  for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
    if (step === 'finding') throw new Error(`${file} is not whole: ${scanner.finding!.message}`);
    records.push({ offset: scanner.record.offset, bytes: scanner.record.length });
  }
  fileSystem.close(descriptor);
  return records;
}
