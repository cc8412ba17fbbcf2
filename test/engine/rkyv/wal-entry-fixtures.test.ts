import test from 'ava';
import { encodeWalEntry } from '../../support/wal-entry-bytes.js';
import { WalEntryView } from '../../../src/engine/rkyv/entry/wal-entry-view.js';
import { entryAsLine, fixtureBytes, fixtureLines, recordsOf } from './fixture-records.js';

const SEGMENTS = ['wal-ops/wal-0.log', ...[0, 1, 2, 3].map((core) => `wal-cores/wal-${core}.log`)];

test('each record of wal-ops decodes to its line of the ndjson', (t) => {
  const lines = fixtureLines('wal-ops.ndjson');
  const records = recordsOf(fixtureBytes('wal-ops/wal-0.log'));
  t.is(records.length, lines.length - 1);
  const view = new WalEntryView();
  for (const [index, { data, offset }] of records.entries()) {
    t.is(view.decode(data, 0, data.length), undefined);
    t.deepEqual({ ...entryAsLine(view.toEntry()), bytes: data.length + 8, offset }, lines[index]);
  }
});

test('the records of wal-cores decode to the lines of the ndjson, merged by epoch, time, core, sequence', (t) => {
  const view = new WalEntryView();
  const entries = SEGMENTS.slice(1).flatMap((name) =>
    recordsOf(fixtureBytes(name)).map(({ data }) => {
      t.is(view.decode(data, 0, data.length), undefined);
      return view.toEntry();
    }),
  );
  const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
  entries.sort(
    (a, b) =>
      compare(a.epoch, b.epoch) ||
      compare(a.timestampNs, b.timestampNs) ||
      a.coreId - b.coreId ||
      compare(a.sequence, b.sequence),
  );
  t.deepEqual(entries.map(entryAsLine), fixtureLines('wal-cores.ndjson'));
});

for (const name of SEGMENTS) {
  test(`each record of ${name} encodes again byte for byte, and a Commit to the same content and size`, (t) => {
    const view = new WalEntryView();
    for (const { data } of recordsOf(fixtureBytes(name))) {
      t.is(view.decode(data, 0, data.length), undefined);
      const entry = view.toEntry();
      t.is(entry.lag, undefined);
      const again = encodeWalEntry(entry);
      if (entry.operation.op === 'commit') {
        t.is(again.length, data.length);
        t.is(view.decode(again, 0, again.length), undefined);
        t.deepEqual(view.toEntry(), entry);
      } else {
        t.deepEqual(again, data);
      }
    }
  });
}
