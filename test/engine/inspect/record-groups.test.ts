import test from 'ava';
import { RecordGroups, type CountedRecord } from '../../../src/engine/inspect/replay/record-groups.js';
import { highHalf, lowHalf } from '../../../src/engine/bytes/halves.js';

const OPERATIONS = ['put', 'delete'];

function recordOf(fields: { timestampNs?: bigint; epoch?: bigint; key?: string }): CountedRecord {
  const { timestampNs = 0n, epoch = 0n, key = '' } = fields;
  const bytes = Buffer.from(key);
  return {
    path: 'wal-0.log',
    offset: 0,
    recordBytes: 88,
    view: {
      tag: 0,
      coreId: 0,
      bytes,
      keyStart: 0,
      keyLength: bytes.length,
      valueStart: 0,
      valueLength: 0,
      epoch,
      epochLow: lowHalf(epoch),
      epochHigh: highHalf(epoch),
      sequenceLow: 0,
      sequenceHigh: 0,
      timestampLow: lowHalf(timestampNs),
      timestampHigh: highHalf(timestampNs),
    },
  };
}

test('a minute holds the times from its start up to the next, before 1970 too', (t) => {
  const minutes = new RecordGroups('minute', OPERATIONS);
  const minuteNs = 60_000_000_000n;
  for (const timestampNs of [-minuteNs, -1n, 0n, minuteNs - 1n, minuteNs, 29_000_000n * minuteNs])
    minutes.take(recordOf({ timestampNs }));
  t.deepEqual(
    minutes.groups.map(({ label, records }) => [label, records]),
    [
      [-minuteNs, 2],
      [0n, 2],
      [minuteNs, 1],
      [29_000_000n * minuteNs, 1],
    ],
  );
});

test('epochs that differ are told apart up to the greatest', (t) => {
  const epochs = new RecordGroups('epoch', OPERATIONS);
  const all = [1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 2n, 2n ** 64n - 1n];
  for (const epoch of all) epochs.take(recordOf({ epoch }));
  t.deepEqual(
    epochs.groups.map(({ label }) => label),
    all,
  );
});

test('groups beyond the bound are summed up together', (t) => {
  const prefixes = new RecordGroups('prefix', OPERATIONS, 2);
  for (const key of ['a:1', 'b:1', 'c:1', 'd:1', 'a:2', 'none']) prefixes.take(recordOf({ key }));
  t.deepEqual(
    prefixes.groups.map(({ label, isRest, records }) => [label, isRest, records]),
    [
      ['a:', false, 2],
      ['b:', false, 1],
      [null, true, 3],
    ],
  );
});
