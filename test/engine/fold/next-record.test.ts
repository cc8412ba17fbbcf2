import test from 'ava';
import fc from 'fast-check';
import { LogWindow } from '../../../src/engine/fold/record/log-window.js';
import { NextRecordSearch } from '../../../src/engine/fold/record/next-record.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { putRecord } from './log-bytes.js';

const PATH = '/store/fold.snap';

/** A search in a log of these bytes. */
function searchIn(bytes: Uint8Array): NextRecordSearch {
  const disk = new SimulatedDisk();
  disk.plantFile(PATH, bytes);
  const fileSystem = new SimulatedFileSystem({ disk });
  const descriptor = fileSystem.openRead(PATH);
  return new NextRecordSearch(new LogWindow({ fileSystem, descriptor, path: PATH, size: bytes.length }));
}

test('a search that was asked before finds what a fresh one finds', (t) => {
  const piece = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.nat(9).map((digit) => putRecord(`key${digit}`, Uint8Array.of(digit))),
  );
  const question = fc.record({ from: fc.nat(300), limit: fc.option(fc.nat(300), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(piece), fc.array(question), (pieces, questions) => {
      const bytes = Uint8Array.from(Buffer.concat(pieces));
      const asked = searchIn(bytes);
      for (const { from, limit } of questions) {
        const end = Math.min(limit ?? bytes.length, bytes.length);
        t.is(asked.find(from, end), searchIn(bytes).find(from, end));
      }
    }),
  );
});
