import { WalScanner } from '../../src/engine/wal/scan/scanner.js';
import { sequentialKeys } from '../frame/data.js';
import type { BenchTask } from '../frame/task.js';
import { keep, megabytesASecond } from '../frame/timing.js';
import { newSegment, recordBytes } from './segment.js';

const VALUE_LENGTHS = [0, 100, 4096, 65_536];
const ROUNDS_MAX = 3;
const KEY_BYTES = 14;

/** Values of other lengths: appended to the page cache, and read and checked. */
export async function measureValues(task: BenchTask): Promise<void> {
  const rounds = Math.min(ROUNDS_MAX, task.scale.rounds);
  for (const length of VALUE_LENGTHS) {
    const bytesEach = recordBytes(KEY_BYTES, length);
    const count = Math.min(task.scale.shapeKeys, Math.ceil((task.scale.fileMegabytes * 1e6) / bytesEach / 2));
    const keys = sequentialKeys(count);
    const value = new Uint8Array(length).fill(0x42);
    const name = `values of ${length.toLocaleString('en')} bytes`;
    let path = '';
    await task.measure(
      { id: `append-value-${length}`, title: `append, ${name}, to the page cache`, unit: 'MB/s' },
      () => {
        const writer = newSegment(task);
        const rate = megabytesASecond(count * bytesEach, () => {
          for (const key of keys) writer.appendPut(key, value);
          writer.flush();
        });
        path = writer.path;
        writer.abandon();
        return rate;
      },
      rounds,
    );
    await task.measure(
      { id: `decode-value-${length}`, title: `read and check, ${name}`, unit: 'MB/s' },
      () =>
        megabytesASecond(count * bytesEach, () => {
          const scanner = WalScanner.open(path, { coreId: 0 });
          while (scanner.next() === 'record') keep(scanner.view.valueLength);
          scanner.close();
        }),
      rounds,
    );
  }
}
