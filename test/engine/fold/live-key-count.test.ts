import test from 'ava';
import { LiveKeyCount } from '../../../src/engine/fold/scan/live-key-count.js';
import { replayLog } from '../../../src/engine/fold/scan/replay.js';
import { FoldScanner } from '../../../src/engine/fold/scan/scanner.js';
import { SeededRandom } from '../../simulated-disk/index.js';
import { cursorRecord, deleteRecord, logOf, putRecord } from './log-bytes.js';
import { memoryFile } from './scan.js';

const SEED = 7;

test('live keys are counted whether they ascend to the end, to some record, or not at all', (t) => {
  const random = new SeededRandom(SEED);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  for (let round = 0; round < 60; round++) {
    const ascending = Array.from({ length: below(30) }, (_, index) =>
      putRecord(`key ${index + 10}`, 'value'),
    );
    const appended = Array.from({ length: below(2) * below(30) }, () => {
      const key = `key ${10 + below(40)}`;
      return [putRecord(key, 'another'), deleteRecord(key), cursorRecord(1n)][below(3)]!;
    });
    const content = logOf(...ascending, cursorRecord(1n), ...appended, cursorRecord(2n));
    const log = { fileSystem: memoryFile(content), descriptor: 0, path: 'memory', size: content.length };
    const keys = new LiveKeyCount(log);
    const scanner = new FoldScanner(log);
    while (scanner.next() === 'record') keys.take(scanner);
    t.is(keys.count, replayLog(log).index.count, `round ${round}, seed ${SEED}`);
  }
});
