import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { findLogs } from '../../../src/engine/inspect/replay/replay-logs.js';
import { ReplayFilter } from '../../../src/engine/inspect/replay/replay-filter.js';
import { Replay } from '../../../src/engine/inspect/replay/replay.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { tempDir } from '../../support/temp-dir.js';
import { joined, records } from '../wal/segment-builder.js';

const MIB = 1024 * 1024;
const fileSystem = realFileSystem();

/** What is told from an offset on, as text; all of it is read, or what need not be is left out. */
function told(segment: string, fromOffset: number, isMerged: boolean, isAllRead: boolean): string[] {
  const filter = new ReplayFilter({ fromOffset });
  const replay = new Replay(fileSystem, findLogs(fileSystem, segment), isMerged, isAllRead ? 0 : fromOffset);
  const lines: string[] = [];
  for (let event = replay.next(); event !== 'end'; event = replay.next()) {
    if (event === 'finding') {
      if (filter.takesFinding(replay.finding!)) lines.push(JSON.stringify(replay.finding));
      continue;
    }
    const { offset, recordBytes, view } = replay.segment;
    if (filter.takes({ view, offset })) lines.push(`${offset} ${recordBytes} ${view.epoch} ${view.sequence}`);
  }
  return lines;
}

const pieces = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ count: fc.integer({ min: 1, max: 6 }), missing: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 200 }) },
  ),
  { minLength: 1, maxLength: 6 },
);

test('what is told from an offset on is the same whether or not all before it is read', (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  fc.assert(
    fc.property(pieces, fc.boolean(), fc.boolean(), fc.nat(), (parts, hasLags, isMerged, anywhere) => {
      let sequence = 0n;
      let length = 0;
      const bytes: Uint8Array[] = [];
      const bounds: number[] = [];
      for (const part of parts) {
        if (!(part instanceof Uint8Array)) sequence += BigInt(part.missing);
        const made =
          part instanceof Uint8Array ? [part] : records(part.count, sequence, hasLags ? { lag: 0 } : {});
        if (!(part instanceof Uint8Array)) sequence += BigInt(part.count);
        for (const one of made) {
          bytes.push(one);
          length += one.length;
          bounds.push(length);
        }
      }
      writeFileSync(segment, joined(...bytes));
      for (const from of [...bounds, anywhere % (length + 1)]) {
        t.deepEqual(
          told(segment, from, isMerged, false),
          told(segment, from, isMerged, true),
          `from ${from}`,
        );
      }
    }),
    { numRuns: 60 },
  );
});

for (const isMerged of [true, false]) {
  test(`what lies before the offset is not read, ${isMerged ? 'merged or' : 'and not'} as it lies`, (t) => {
    const segment = path.join(tempDir(t), 'wal-0.log');
    const made = records(70_000, 0n, { lag: 0 });
    const bytes = joined(...made);
    writeFileSync(segment, bytes);
    t.true(bytes.length > 5 * MIB);
    let readBytes = 0;
    const counting = withReplaced(fileSystem, {
      read: (descriptor, into, at, length, position) => {
        const count = fileSystem.read(descriptor, into, at, length, position);
        readBytes += count;
        return count;
      },
    });
    const logs = findLogs(fileSystem, segment);
    const at = 60_000;
    const offset = joined(...made.slice(0, at)).length;
    const replay = new Replay(counting, logs, isMerged, offset);
    while (replay.next() !== 'end' && replay.segment.offset < offset);
    t.is(replay.segment.view.sequence, BigInt(at));
    t.true(readBytes < 1.5 * MIB, `${readBytes} bytes were read`);
    replay.close();
  });
}
